#include "detect/pseudonym.h"

#include <sodium/crypto_generichash.h>

#define CHECK_BITS 10
#define TEXT_BITS  60
#define DIGIT_BITS 36
#define IS_NUMBER  (UINT64_C(1) << 63) /* in an id */
#define FIRST      UINT64_C(900000000000000)

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

bool pseudonym_class_ok(struct str class)
{
    for (size_t i = 0; i < class.len; i++)
        if (class.ptr[i] < 'A' || class.ptr[i] > 'Z')
            return false;
    return class.len >= 2 && class.len <= PSEUDONYM_CLASS;
}

/* --- The hash. Its first byte says what for. */

static uint64_t hash(const unsigned char *key, char what, struct str a,
                     struct str b)
{
    crypto_generichash_state st;
    const unsigned char head[2] = {(unsigned char)what, (unsigned char)a.len};
    unsigned char out[crypto_generichash_BYTES_MIN];
    uint64_t n;

    /* These fail only for lengths that the constants are not. */
    (void)crypto_generichash_init(&st, key, PSEUDONYM_KEY_LEN, sizeof(out));
    (void)crypto_generichash_update(&st, head, sizeof(head));
    (void)crypto_generichash_update(&st, (const unsigned char *)a.ptr, a.len);
    if (b.len > 0)
        (void)crypto_generichash_update(&st, (const unsigned char *)b.ptr,
                                        b.len);
    (void)crypto_generichash_final(&st, out, sizeof(out));
    memcpy(&n, out, sizeof(n));
    return n;
}

static uint64_t check_of(const unsigned char *key, uint64_t id)
{
    char bytes[sizeof(id)];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(id >> 8 * i);
    return hash(key, 'c', (struct str){bytes, sizeof(bytes)}, STR("")) >>
           (64 - CHECK_BITS);
}

void pseudonym_make(const unsigned char key[PSEUDONYM_KEY_LEN],
                    struct str class, struct str value, struct pseudonym *ret_p)
{
    uint64_t id = hash(key, 't', class, value) >> (64 - TEXT_BITS);
    uint64_t check = check_of(key, id);
    char *p = ret_p->text;

    memcpy(p, class.ptr, class.len);
    p += class.len;
    *p++ = '_';
    for (int i = TEXT_BITS - 5; i >= 0; i -= 5)
        *p++ = alphabet[id >> i & 31];
    *p++ = alphabet[check >> 5];
    *p++ = alphabet[check & 31];
    ret_p->id = id;
    ret_p->len = (size_t)(p - ret_p->text);
}

void pseudonym_number(const unsigned char key[PSEUDONYM_KEY_LEN],
                      struct str class, struct str value,
                      struct pseudonym *ret_p)
{
    uint64_t id = hash(key, 'n', class, value) >> (64 - DIGIT_BITS) | IS_NUMBER;
    uint64_t n =
        FIRST + (((id & ~IS_NUMBER) << CHECK_BITS) | check_of(key, id));

    for (size_t i = PSEUDONYM_DIGITS; i-- > 0; n /= 10)
        ret_p->text[i] = (char)('0' + n % 10);
    ret_p->id = id;
    ret_p->len = PSEUDONYM_DIGITS;
}

/* The value of a byte of base32, in either case; -1 of another. */
static int base32_value(char c)
{
    c = to_lower(c);
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool body_ok(const struct pseudonym_scan *s, uint64_t *ret_id)
{
    uint64_t id = 0, check;

    for (size_t i = 0; i < PSEUDONYM_BODY - 2; i++)
        id = id << 5 | (uint64_t)base32_value(s->body[i]);
    check = (uint64_t)base32_value(s->body[PSEUDONYM_BODY - 2]) << 5 |
            (uint64_t)base32_value(s->body[PSEUDONYM_BODY - 1]);
    *ret_id = id;
    return check_of(s->key, id) == check;
}

static bool digits_ok(const struct pseudonym_scan *s, uint64_t *ret_id)
{
    uint64_t n = 0;

    if (s->digit_count != PSEUDONYM_DIGITS || s->digits[0] != '9')
        return false;
    for (size_t i = 0; i < PSEUDONYM_DIGITS; i++)
        n = n * 10 + (uint64_t)(s->digits[i] - '0');
    n -= FIRST;
    *ret_id = n >> CHECK_BITS | IS_NUMBER;
    return n >> CHECK_BITS >> DIGIT_BITS == 0 &&
           check_of(s->key, *ret_id) == (n & ((1u << CHECK_BITS) - 1));
}

/* --- Reading. */

/* The run of letters before the next byte; more than a class has are no use. */
static void letters_next(struct pseudonym_scan *s, char c)
{
    if (!is_alpha(c)) {
        s->letter_count = 0;
        return;
    }
    if (s->letter_count == PSEUDONYM_CLASS) {
        memmove(s->letters, s->letters + 1, PSEUDONYM_CLASS - 1);
        s->letter_count--;
    }
    s->letters[s->letter_count++] = (char)(to_lower(c) - 'a' + 'A');
}

/* The byte is the last of a body that passes the check. */
static bool body_next(struct pseudonym_scan *s, char c, uint64_t *ret_id)
{
    bool good;

    if (c == '_' && s->letter_count > 1) {
        memcpy(s->word, s->letters, s->letter_count);
        s->word_count = s->letter_count;
        s->body_count = 0;
        s->in_body = true;
        return false;
    }
    s->in_body = s->in_body && base32_value(c) >= 0;
    if (!s->in_body)
        return false;
    s->body[s->body_count++] = c;
    if (s->body_count < PSEUDONYM_BODY)
        return false;
    good = body_ok(s, ret_id);
    s->in_body = false;
    return good;
}

/* The byte at pos is the first behind a number that passes the check. */
static bool digits_next(struct pseudonym_scan *s, char c, uint64_t *ret_id)
{
    bool good = false;

    if (is_digit(c)) {
        if (s->digit_count < PSEUDONYM_DIGITS)
            s->digits[s->digit_count] = c;
        if (s->digit_count <= PSEUDONYM_DIGITS)
            s->digit_count++;
        return false;
    }
    if (s->digit_count > 0)
        good = digits_ok(s, ret_id);
    s->digit_count = 0;
    return good;
}

static struct pseudonym_at number_at(const struct pseudonym_scan *s,
                                     uint64_t id)
{
    return (struct pseudonym_at){
        .start = s->pos - PSEUDONYM_DIGITS,
        .end = s->pos,
        .id = id,
        .piece = s->piece,
    };
}

static struct pseudonym_at text_at(const struct pseudonym_scan *s, uint64_t id)
{
    struct pseudonym_at at = {
        .start = s->pos - PSEUDONYM_BODY - 1 - s->word_count,
        .end = s->pos,
        .id = id,
        .letter_count = s->word_count,
        .piece = s->piece,
    };

    memcpy(at.letters, s->word, s->word_count);
    return at;
}

/* How many of the letters before the body are a class at most; 0: none. */
static size_t class_before(const struct pseudonym_scan *s)
{
    struct str word = {s->word, s->word_count};
    size_t most = 0;

    for (size_t i = 0; i < s->class_count; i++)
        if (str_ends(word, s->classes[i]) && s->classes[i].len > most)
            most = s->classes[i].len;
    return most;
}

/* --- What was found waits until it is known whether that is an address. */

static void found_add(struct pseudonym_scan *s, struct pseudonym_at at)
{
    size_t class = class_before(s);

    if (s->count == PSEUDONYM_WAITING)
        return; /* cannot be: URL_BEHIND */
    if (s->count == 0)
        s->begin = UINT64_MAX;
    if (at.letter_count == 0 && at.start < s->begin)
        s->begin = at.start;
    else if (class > 0 && at.end - PSEUDONYM_BODY - 1 - class < s->begin)
        s->begin = at.end - PSEUDONYM_BODY - 1 - class;
    s->found[s->count++] = at;
    url_place_ask(&s->url);
}

/* The next of those of which it is known. */
static bool found_next(struct pseudonym_scan *s, struct pseudonym_at *ret_at)
{
    bool inside;

    if (s->count == 0 || !url_place_asked(&s->url, &inside))
        return false;
    *ret_at = s->found[s->taken++];
    ret_at->in_url = inside;
    if (s->taken == s->count)
        s->taken = s->count = 0;
    return true;
}

static void byte_next(struct pseudonym_scan *s, char c)
{
    uint64_t id, number;
    bool text = body_next(s, c, &id);

    letters_next(s, c);
    if (digits_next(s, c, &number))
        found_add(s, number_at(s, number));
    url_place_next(&s->url, c);
    s->pos++;
    if (is_white(c) || c == '"' || c == '<' || c == '>')
        s->piece = s->pos;
    if (text) {
        found_add(s, text_at(s, id));
        s->letter_count = 0; /* the next begins behind it */
    }
}

bool pseudonym_next(struct pseudonym_scan *s, struct str *in,
                    struct pseudonym_at *ret_at)
{
    while (!found_next(s, ret_at)) {
        if (in->len == 0)
            return false;
        byte_next(s, in->ptr[0]);
        *in = str_skip(*in, 1);
    }
    return true;
}

bool pseudonym_last(struct pseudonym_scan *s, struct pseudonym_at *ret_at)
{
    uint64_t id;

    if (s->digit_count > 0 && digits_ok(s, &id))
        found_add(s, number_at(s, id));
    s->digit_count = 0;
    url_place_last(&s->url);
    if (found_next(s, ret_at))
        return true;
    *s = (struct pseudonym_scan){.key = s->key,
                                 .classes = s->classes,
                                 .class_count = s->class_count,
                                 .pos = s->pos,
                                 .piece = s->pos};
    return false;
}

void pseudonym_said(const struct pseudonym_at *at, struct str value,
                    uint64_t *address)
{
    struct url_place u = {0};

    for (size_t i = 0; i < value.len; i++)
        url_place_next(&u, value.ptr[i]);
    if (url_place_in(&u))
        *address = at->end;
}

static bool starts_class(const struct pseudonym_scan *s, struct str word)
{
    for (size_t i = 0; i < s->class_count; i++)
        if (str_starts(s->classes[i], word))
            return true;
    return false;
}

uint64_t pseudonym_open(const struct pseudonym_scan *s)
{
    struct str letters = {s->letters, s->letter_count};
    uint64_t begin = s->count > 0 && s->begin < s->pos ? s->begin : s->pos;
    size_t back = 0;

    while (letters.len > 0 && !starts_class(s, letters))
        letters = str_skip(letters, 1);
    back = letters.len;
    if (s->in_body && class_before(s) > 0)
        back = class_before(s) + 1 + s->body_count;
    if (s->digit_count > back && s->digit_count <= PSEUDONYM_DIGITS &&
        s->digits[0] == '9')
        back = s->digit_count;
    return s->pos - back < begin ? s->pos - back : begin;
}

bool pseudonym_maybe(struct str text)
{
    struct str rest = text;
    size_t n;

    while ((rest = str_skip(rest, str_find_byte(rest, '_'))).len > 0) {
        rest = str_skip(rest, 1);
        for (n = 0; n < rest.len && base32_value(rest.ptr[n]) >= 0; n++)
            if (n + 1 == PSEUDONYM_BODY)
                return true;
    }
    rest = text;
    while ((rest = str_skip(rest, str_find_byte(rest, '9'))).len > 0) {
        for (n = 0; n < rest.len && is_digit(rest.ptr[n]); n++)
            if (n + 1 == PSEUDONYM_DIGITS)
                return true;
        rest = str_skip(rest, n);
    }
    return false;
}
