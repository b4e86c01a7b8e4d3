/*
 * Bodies with JSON in base64. Laws: what is opened is JSON; closed again it is
 * JSON that opens to the same; and where nothing was escaped it is the body.
 */
#include <stdint.h>

#include "base/limits.h"
#include "llm/opened.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAW(cond)                                                              \
    do {                                                                       \
        if (!(cond))                                                           \
            __builtin_trap();                                                  \
    } while (0)

static struct str opens[] = {STR_INIT("bytes"), STR_INIT("input.body")};
static const struct provider provider = {.opens = opens, .open_count = 2};

static void check(struct opener *o, struct str body, struct str opened)
{
    struct buf closed, again;
    bool some;

    buf_init(&closed, 16 * MIB);
    buf_init(&again, 16 * MIB);
    LAW(json_parse(&o->doc, opened) == OK);
    LAW(opened_close(o, &provider, opened, &closed) == OK);
    LAW(opened_make(o, &provider, buf_str(&closed), &again, &some) == OK);
    LAW(some && str_eq(buf_str(&again), opened));
    if (str_find_byte(body, '\\') == body.len &&
        str_find(opened, STR(" ")) == opened.len &&
        str_find(opened, STR("\n")) == opened.len &&
        str_find(opened, STR("\t")) == opened.len &&
        str_find(opened, STR("\r")) == opened.len)
        LAW(str_eq(buf_str(&closed), body));
    buf_free(&closed);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str body = {(const char *)data, size};
    struct opener o;
    struct buf opened;
    bool some = false;

    opener_init(&o);
    buf_init(&opened, 16 * MIB);
    if (opened_make(&o, &provider, body, &opened, &some) == OK && some)
        check(&o, body, buf_str(&opened));
    else
        LAW(opened.len == 0);
    opener_free(&o);
    buf_free(&opened);
    return 0;
}
