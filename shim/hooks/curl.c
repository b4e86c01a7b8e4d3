/*
 * libcurl sends the head of a large request with "Expect: 100-continue" and
 * waits a second for the server's word. The engine holds that head until it
 * has seen the body, so the word cannot come. For URLs of watched hosts the
 * wait is shortened to the least there is.
 */
#include "hooks/curl.h"

#include "hooks/export.h"
#include "hooks/load.h"
#include "hooks/names.h"
#include "hooks/real.h"

#define OPT_URL            10002 /* CURLOPT_URL                    */
#define OPT_EXPECT_TIMEOUT 227   /* CURLOPT_EXPECT_100_TIMEOUT_MS  */

/* The host of an https URL; {NULL, 0} of anything else. */
static struct str host_of(struct str url)
{
    size_t end = 0, at;

    if (!str_eq_nocase(str_head(url, 8), STR("https://")))
        return (struct str){NULL, 0};
    url = str_skip(url, 8);
    while (end < url.len && str_find_byte(STR("/?#"), url.ptr[end]) == 3)
        end++;
    url = str_head(url, end);
    at = str_find_byte(url, '@');
    if (at < url.len)
        url = str_skip(url, at + 1);
    return str_head(url, str_find_byte(url, ':'));
}

EXPORT int curl_easy_setopt(void *handle, int option, void *arg)
{
    void *fn = real_find(NAME(curl_easy_setopt), CALLER);
    int (*real)(void *, int, ...);
    struct str host;

    if (!fn)
        return 48; /* CURLE_UNKNOWN_OPTION */
    memcpy(&real, &fn, sizeof(real));
    if (option == OPT_URL && arg && !load_off()) {
        host = host_of(str_of(arg));
        if (host.len > 0 && load_watches(host))
            (void)real(handle, OPT_EXPECT_TIMEOUT, 1L);
    }
    return real(handle, option, arg);
}
