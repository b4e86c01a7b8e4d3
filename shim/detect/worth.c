#include "detect/worth.h"

#include "detect/common.h"
#include "detect/entropy.h"
#include "detect/placeholder.h"

/* Thousandths of a bit per byte. */
#define ENTROPY_NAMED 2500
#define ENTROPY_BARE  3800
#define BARE_LEAST    20 /* bytes of a value whose name says nothing         */
#define NUMBER_LEAST  20 /* digits: shorter ones are accounts, phones, times */
#define WORD_LEAST    16 /* letters of one case                              */

/* ---- Names -------------------------------------------------------------- */

static const struct str plain_names[] = {
    STR_INIT("PATH"),       STR_INIT("HOME"),      STR_INIT("PWD"),
    STR_INIT("OLDPWD"),     STR_INIT("LANG"),      STR_INIT("LANGUAGE"),
    STR_INIT("SHELL"),      STR_INIT("USER"),      STR_INIT("USERNAME"),
    STR_INIT("LOGNAME"),    STR_INIT("TERM"),      STR_INIT("COLORTERM"),
    STR_INIT("DISPLAY"),    STR_INIT("HOSTNAME"),  STR_INIT("HOST"),
    STR_INIT("EDITOR"),     STR_INIT("VISUAL"),    STR_INIT("PAGER"),
    STR_INIT("MAIL"),       STR_INIT("SHLVL"),     STR_INIT("TZ"),
    STR_INIT("TMPDIR"),     STR_INIT("LS_COLORS"), STR_INIT("PS1"),
    STR_INIT("PYTHONPATH"), STR_INIT("MANPATH"),   STR_INIT("_"),
    STR_INIT("IFS"),        STR_INIT("GPG_KEY"),   STR_INIT("GPG_KEYS"),
};

static const struct str plain_starts[] = {
    STR_INIT("LC_"),
    STR_INIT("XDG_"),
    STR_INIT("LD_"),
    STR_INIT("SALLYPORT_"),
    STR_INIT("DBUS_SESSION_"),
    STR_INIT("SSH_A"), /* _AUTH_SOCK, _AGENT_PID, _ASKPASS */
    STR_INIT("GPG_AGENT_"),
    STR_INIT("BASH_"),
};

/* Anywhere in a word of a name. */
static const struct str secret_parts[] = {
    STR_INIT("token"),   STR_INIT("secret"), STR_INIT("passw"),
    STR_INIT("passp"),   STR_INIT("apikey"), STR_INIT("credential"),
    STR_INIT("private"),
};

/* What a word of a name ends with; monkeys and compasses aside. */
static const struct str secret_ends[] = {
    STR_INIT("key"),  STR_INIT("keys"),   STR_INIT("pass"),  STR_INIT("auth"),
    STR_INIT("cred"), STR_INIT("pwd"),    STR_INIT("creds"), STR_INIT("pat"),
    STR_INIT("salt"), STR_INIT("cookie"),
};

static const struct str not_secret[] = {
    STR_INIT("monkey"),    STR_INIT("turkey"),     STR_INIT("compass"),
    STR_INIT("bypass"),    STR_INIT("compat"),     STR_INIT("hotkey"),
    STR_INIT("tokenizer"), STR_INIT("tokenizers"),
};

/* The last word of a name whose value a request may have to name. */
static const struct str named_words[] = {
    STR_INIT("id"),       STR_INIT("ids"),     STR_INIT("model"),
    STR_INIT("models"),   STR_INIT("version"), STR_INIT("revision"),
    STR_INIT("checksum"), STR_INIT("digest"),  STR_INIT("integrity"),
};

/* The last word of a name that is about a secret, and holds none. */
static const struct str about_words[] = {
    STR_INIT("file"),       STR_INIT("path"),     STR_INIT("dir"),
    STR_INIT("name"),       STR_INIT("id"),       STR_INIT("type"),
    STR_INIT("kind"),       STR_INIT("user"),     STR_INIT("username"),
    STR_INIT("email"),      STR_INIT("host"),     STR_INIT("port"),
    STR_INIT("url"),        STR_INIT("uri"),      STR_INIT("endpoint"),
    STR_INIT("store"),      STR_INIT("backend"),  STR_INIT("provider"),
    STR_INIT("alias"),      STR_INIT("region"),   STR_INIT("length"),
    STR_INIT("size"),       STR_INIT("ttl"),      STR_INIT("expiry"),
    STR_INIT("alg"),        STR_INIT("method"),   STR_INIT("algorithm"),
    STR_INIT("mode"),       STR_INIT("format"),   STR_INIT("expires"),
    STR_INIT("sock"),       STR_INIT("version"),  STR_INIT("service"),
    STR_INIT("model"),      STR_INIT("scope"),    STR_INIT("audience"),
    STR_INIT("issuer"),     STR_INIT("prefix"),   STR_INIT("suffix"),
    STR_INIT("source"),     STR_INIT("process"),  STR_INIT("args"),
    STR_INIT("header"),     STR_INIT("domain"),   STR_INIT("realm"),
    STR_INIT("limit"),      STR_INIT("count"),    STR_INIT("encoding"),
    STR_INIT("deployment"), STR_INIT("strategy"), STR_INIT("policy"),
    STR_INIT("driver"),     STR_INIT("plugin"),   STR_INIT("fingerprint"),
    STR_INIT("template"),   STR_INIT("title"),    STR_INIT("description"),
    STR_INIT("hint"),       STR_INIT("regex"),    STR_INIT("pattern"),
    STR_INIT("dns"),        STR_INIT("ip"),       STR_INIT("subnet"),
    STR_INIT("network"),    STR_INIT("hostname"), STR_INIT("address"),
    STR_INIT("subject"),
};

static bool has_nocase(struct str s, struct str word)
{
    for (size_t i = 0; i + word.len <= s.len; i++)
        if (str_eq_nocase((struct str){s.ptr + i, word.len}, word))
            return true;
    return false;
}

/* Up to _ - . or a digit, or a capital behind a small letter. */
static struct str next_word(struct str *rest)
{
    size_t n = 0;
    struct str word;

    while (rest->len > 0 && !is_alpha(rest->ptr[0]))
        *rest = str_skip(*rest, 1);
    while (n < rest->len && is_alpha(rest->ptr[n]) &&
           !(n > 0 && rest->ptr[n] <= 'Z' && rest->ptr[n - 1] >= 'a'))
        n++;
    word = str_head(*rest, n);
    *rest = str_skip(*rest, n);
    return word;
}

static bool is_among(struct str word, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(word, list[i]))
            return true;
    return false;
}

static struct str last_word(struct str name)
{
    struct str word, last = {0};

    while ((word = next_word(&name)).len > 0)
        last = word;
    return last;
}

static bool is_secret_word(struct str word)
{
    if (is_among(word, not_secret, ARRAY_LEN(not_secret)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(secret_parts); i++)
        if (has_nocase(word, secret_parts[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(secret_ends); i++)
        if (str_ends_nocase(word, secret_ends[i]))
            return true;
    return false;
}

/* One of them, or several. */
static bool is_about(struct str word)
{
    struct str one = str_head(word, word.len - str_ends_nocase(word, STR("s")));

    return is_among(word, about_words, ARRAY_LEN(about_words)) ||
           is_among(one, about_words, ARRAY_LEN(about_words));
}

bool name_is_secret(struct str name)
{
    struct str rest = name, word, last = last_word(name);
    bool secret = false;

    while ((word = next_word(&rest)).len > 0)
        secret |= is_secret_word(word);
    return secret && (last.len == name.len || !is_about(last));
}

bool name_is_plain(struct str name)
{
    if (has_nocase(name, STR("public")) || has_nocase(name, STR("publishable")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(plain_names); i++)
        if (str_eq(name, plain_names[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(plain_starts); i++)
        if (str_starts(name, plain_starts[i]))
            return true;
    return is_among(last_word(name), named_words, ARRAY_LEN(named_words)) &&
           !name_is_secret(name);
}

/* ---- Values ------------------------------------------------------------- */

/* What stands in a value. */
struct makeup {
    size_t lower, upper, digit, other;
    size_t turns; /* a letter of one case, or a digit, behind another kind */
    bool space, hex;
};

enum kind {
    LOWER,
    UPPER,
    DIGIT,
    OTHER
};

static enum kind kind_of(char c)
{
    if (is_digit(c))
        return DIGIT;
    if (c >= 'a' && c <= 'z')
        return LOWER;
    return c >= 'A' && c <= 'Z' ? UPPER : OTHER;
}

static struct makeup makeup_of(struct str s)
{
    struct makeup m = {.hex = true};
    enum kind last = OTHER;

    for (size_t i = 0; i < s.len; i++) {
        enum kind k = kind_of(s.ptr[i]);

        m.lower += k == LOWER;
        m.upper += k == UPPER;
        m.digit += k == DIGIT;
        m.other += k == OTHER;
        m.turns += i > 0 && k != last && k != OTHER && last != OTHER &&
                   !(last == UPPER && k == LOWER);
        m.space |= s.ptr[i] == ' ' || s.ptr[i] == '\t';
        m.hex &= hex_value(s.ptr[i]) >= 0 || s.ptr[i] == '-';
        last = k;
    }
    return m;
}

/* Bytes at random turn often; those of words, numbers and names do not. */
static bool looks_random(const struct makeup *m, struct str s)
{
    return m->turns >= 3 && m->turns * 8 >= s.len;
}

/* Numbers, dates, versions, addresses, with what stands between them. */
static bool is_number(const struct makeup *m)
{
    return m->lower == 0 && m->upper == 0 && m->digit < NUMBER_LEAST;
}

/* name.json, name.pem: a point, and two to five letters behind it. */
static bool ends_as_file(struct str s)
{
    size_t n = 0;

    while (n < s.len && is_alpha(s.ptr[s.len - 1 - n]))
        n++;
    return n >= 2 && n <= 5 && n < s.len && s.ptr[s.len - 1 - n] == '.';
}

static bool is_path(const struct makeup *m, struct str s)
{
    bool begins = str_starts(s, STR("/")) || str_starts(s, STR("~/")) ||
                  str_starts(s, STR("./")) || str_starts(s, STR("../")) ||
                  (s.len > 3 && s.ptr[1] == ':' && s.ptr[2] == '\\');

    if (!begins)
        begins = str_find_byte(s, '/') < s.len && ends_as_file(s) &&
                 !looks_random(m, s);
    return begins && (str_find_byte(s, '.') < s.len || !looks_random(m, s));
}

static bool is_url(struct str s)
{
    return str_find(s, STR("://")) < s.len;
}

/* One word, or several joined as identifiers and host names are. */
static bool is_words(const struct makeup *m, struct str s)
{
    bool one_case = m->upper == 0 || m->lower == 0 || m->turns == 0;

    if (m->digit > 0 || m->space || !one_case)
        return false;
    return m->other > 0 ? false : s.len < WORD_LEAST || entropy_milli(s) < 3250;
}

/* db.internal.example.com, my-service-2, eu-west-1, 8-4-4-4-12 hex digits */
static bool is_name(const struct makeup *m, struct str s)
{
    size_t dots = 0, marks = 0;

    for (size_t i = 0; i < s.len; i++) {
        dots += s.ptr[i] == '.';
        marks += s.ptr[i] == '-' || s.ptr[i] == '_';
    }
    return !looks_random(m, s) && m->digit <= 4 && dots + marks == m->other &&
           dots > 0;
}

static bool is_uuid(struct str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s.ptr[i] != '-'
                                                    : hex_value(s.ptr[i]) < 0)
            return false;
    return true;
}

/*
 * What says of itself that it is none: ids of OpenAI that a request is made
 * with, and PEM of a certificate or of a public key, in base64 as kubectl has
 * it.
 */
static bool is_public(struct str s)
{
    static const struct str starts[] = {
        STR_INIT("asst_"),
        STR_INIT("vs_"),
        STR_INIT("file-"),
        STR_INIT("org-"),
        STR_INIT("proj_"),
        STR_INIT("thread_"),
        STR_INIT("pmpt_"),
        STR_INIT("LS0tLS1CRUdJTiBDRVJU"), /* -----BEGIN CERT */
        STR_INIT("LS0tLS1CRUdJTiBQVUJM"), /* -----BEGIN PUBL */
    };

    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (str_starts(s, starts[i]))
            return true;
    return false;
}

/* Nobody said that it is a secret: it must be one key, and nothing else. */
static bool is_bare_key(const struct makeup *m, struct str s)
{
    static const struct str lists = STR_INIT(" \t\n,;:=|<>{}[]()\"'\\@%&?*");

    for (size_t i = 0; i < s.len; i++)
        if (str_find_byte(lists, s.ptr[i]) < lists.len && s.ptr[i] != '=')
            return false;
    if (s.len < BARE_LEAST || str_find_byte(s, '=') + 2 < s.len)
        return false;
    return m->lower >= 2 && m->upper >= 2 && m->digit >= 2 && !m->hex &&
           m->turns * 4 >= s.len && entropy_milli(s) >= ENTROPY_BARE &&
           str_find_byte(s, '.') == s.len;
}

bool worth_knowing(struct str value, bool named, size_t least)
{
    struct makeup m = makeup_of(value);

    if (value.len < least || entropy_milli(value) < ENTROPY_NAMED ||
        is_placeholder(value) || is_number(&m) || is_path(&m, value) ||
        is_url(value) || is_common(value))
        return false;
    if (!named)
        return !is_uuid(value) && !is_public(value) && is_bare_key(&m, value);
    return !is_words(&m, value) && !is_name(&m, value);
}

/* ---- Parts -------------------------------------------------------------- */

/* scheme://user:password@host (RFC 3986, 3.2.1): the password; else nothing. */
static struct str password_of(struct str url)
{
    struct str rest = str_skip(url, str_find(url, STR("://")) + 3);
    size_t at = rest.len, colon;

    rest = str_head(rest, str_find_byte(rest, '/'));
    for (at = rest.len; at > 0 && rest.ptr[at - 1] != '@';)
        at--;
    rest = str_head(rest, at > 0 ? at - 1 : 0);
    colon = str_find_byte(rest, ':');
    return str_skip(rest, colon + 1);
}

/* Three parts in base64url, the first of which begins as JSON does (RFC 7519).
 */
static bool is_jwt(struct str s)
{
    size_t dots = 0;

    for (size_t i = 0; i < s.len; i++)
        dots += s.ptr[i] == '.';
    return dots == 2 && str_starts(s, STR("eyJ"));
}

struct str worth_part(struct str value)
{
    static const struct str schemes[] = {
        STR_INIT("Bearer "), STR_INIT("Token "),  STR_INIT("Basic "),
        STR_INIT("Key "),    STR_INIT("ApiKey "),
    };

    value = str_trim(value);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_eq_nocase(str_head(value, schemes[i].len), schemes[i]))
            value = str_trim(str_skip(value, schemes[i].len));
    if (is_url(value))
        return password_of(value);
    if (is_jwt(value)) {
        (void)str_split(&value, '.');
        (void)str_split(&value, '.');
    }
    return value;
}
