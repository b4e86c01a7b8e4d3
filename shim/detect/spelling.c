#include "detect/spelling.h"

/* 3 * 95 of percent escapes are the longest before they are squeezed. */
#define WRITTEN_MAX (3 * SPELL_VALUE_MAX + 8)

struct written {
    char bytes[WRITTEN_MAX];
    size_t len;
};

/* ---- Squeezing ---------------------------------------------------------- */

#define DIGITS(c)  [c] = c, [(c) + 1] = (c) + 1, [(c) + 2] = (c) + 2
#define LETTER(c)  [c] = c, [(c)-0x20] = c
#define LETTERS(c) LETTER(c), LETTER((c) + 1), LETTER((c) + 2), LETTER((c) + 3)

static const unsigned char fold[256] = {
    DIGITS('0'),  DIGITS('3'),  DIGITS('6'),  ['9'] = '9',
    LETTERS('a'), LETTERS('e'), LETTERS('i'), LETTERS('m'),
    LETTERS('q'), LETTERS('u'), LETTER('y'),  LETTER('z'),
};

unsigned char squeezed(unsigned char c)
{
    return fold[c];
}

size_t squeeze(struct str s, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = fold[(unsigned char)s.ptr[i]];

        out[n] = (char)c;
        n += c != 0;
    }
    return n;
}

/* ---- Writing ------------------------------------------------------------ */

static void add(struct written *w, char c)
{
    if (w->len < sizeof(w->bytes)) /* cannot fail: see WRITTEN_MAX */
        w->bytes[w->len++] = c;
}

static void add_hex(struct written *w, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";

    add(w, digits[c >> 4]);
    add(w, digits[c & 15]);
}

static void turn(struct written *w)
{
    for (size_t i = 0; i < w->len / 2; i++) {
        char c = w->bytes[i];

        w->bytes[i] = w->bytes[w->len - 1 - i];
        w->bytes[w->len - 1 - i] = c;
    }
}

/* Behind `before` bytes of something else: the characters that hold bits of the
 * value alone, each so many of them. */
static void write_base(struct str value, size_t before, size_t each,
                       const char *digits, struct written *w)
{
    size_t first = (before * 8 + each - 1) / each;
    size_t end = (before + value.len) * 8 / each;
    uint32_t bits = 0;

    for (size_t i = 0, have = 0, at = 0; at < end; at++) {
        if (have < each) {
            bits = bits << 8 |
                   (i < before ? 0 : (unsigned char)value.ptr[i - before]);
            i++;
            have += 8;
        }
        have -= each;
        if (at >= first)
            add(w, digits[bits >> have & ((1u << each) - 1)]);
    }
}

static void write_base64(struct str value, size_t before, struct written *w)
{
    write_base(value, before, 6,
               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "abcdefghijklmnopqrstuvwxyz0123456789+/",
               w);
}

static void write_base32(struct str value, size_t before, struct written *w)
{
    write_base(value, before, 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", w);
}

/* From the first byte that is not 0 to the last, so that it is the same
 * whichever of two comes first. */
static void write_utf16(struct str value, size_t before, struct written *w)
{
    char wide[2 * SPELL_VALUE_MAX] = {0};

    for (size_t i = 0; i < value.len; i++)
        wide[2 * i] = value.ptr[i];
    write_base64((struct str){wide, 2 * value.len - 1}, before, w);
    explicit_bzero(wide, sizeof(wide));
}

static void write_rot13(struct str value, struct written *w)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        int a = to_lower(c) == c ? 'a' : 'A';
        int turned = is_alpha(c) ? a + (c - a + 13) % 26 : c;

        add(w, (char)turned);
    }
}

static void write_percent(struct str value, struct str kept, struct written *w)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (is_alnum(c) || str_find_byte(kept, c) < kept.len) {
            add(w, c);
        } else {
            add(w, '%');
            add_hex(w, (unsigned char)c);
        }
    }
}

/* At which byte of a group it begins, and how many those are; 0: no group. */
static size_t group_of(enum spelling s, size_t *ret_before)
{
    static const struct {
        enum spelling first, last;
        size_t bytes;
    } groups[] = {
        {SPELL_BASE64_0, SPELL_BASE64_2, 3},
        {SPELL_BASE64_REVERSED_0, SPELL_BASE64_REVERSED_2, 3},
        {SPELL_BASE32_0, SPELL_BASE32_4, 5},
        {SPELL_UTF16_0, SPELL_UTF16_2, 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        if (s >= groups[i].first && s <= groups[i].last) {
            *ret_before = (size_t)(s - groups[i].first);
            return groups[i].bytes;
        }
    return 0;
}

static bool is_backwards(enum spelling s)
{
    return s == SPELL_REVERSED || s == SPELL_HEX_REVERSED ||
           (s >= SPELL_BASE64_REVERSED_0 && s <= SPELL_BASE64_REVERSED_2);
}

static void write_as(struct str value, enum spelling s, struct written *w)
{
    size_t before = 0;

    (void)group_of(s, &before);
    w->len = 0;
    switch (s) {
    case SPELL_RAW:
    case SPELL_REVERSED:
    case SPELL_COUNT:
        for (size_t i = 0; i < value.len; i++)
            add(w, value.ptr[i]);
        break;
    case SPELL_HEX:
    case SPELL_HEX_REVERSED:
        for (size_t i = 0; i < value.len; i++)
            add_hex(w, (unsigned char)value.ptr[i]);
        break;
    case SPELL_BASE64_0:
    case SPELL_BASE64_1:
    case SPELL_BASE64_2:
    case SPELL_BASE64_REVERSED_0:
    case SPELL_BASE64_REVERSED_1:
    case SPELL_BASE64_REVERSED_2:
        write_base64(value, before, w);
        break;
    case SPELL_PERCENT:
        write_percent(value, STR("-._~"), w);
        break;
    case SPELL_PERCENT_PATH:
        write_percent(value, STR("-._~/"), w);
        break;
    case SPELL_PERCENT_JS:
        write_percent(value, STR("-._~!*'()"), w);
        break;
    case SPELL_ROT13:
        write_rot13(value, w);
        break;
    case SPELL_BASE32_0:
    case SPELL_BASE32_1:
    case SPELL_BASE32_2:
    case SPELL_BASE32_3:
    case SPELL_BASE32_4:
        write_base32(value, before, w);
        break;
    case SPELL_UTF16_0:
    case SPELL_UTF16_1:
    case SPELL_UTF16_2:
        write_utf16(value, before, w);
        break;
    }
    if (is_backwards(s))
        turn(w);
}

/* ---- A spelling --------------------------------------------------------- */

size_t spell_step(enum spelling s)
{
    if (s <= SPELL_REVERSED)
        return 8;
    if (s == SPELL_HEX || s == SPELL_HEX_REVERSED)
        return 4;
    return s >= SPELL_PERCENT ? 0 : 6;
}

/* The bits that character `at` of what was written begins at. */
static uint16_t bits_at(const struct written *w, enum spelling s, size_t at)
{
    size_t before = 0;

    (void)group_of(s, &before);
    at = is_backwards(s) ? w->len - 1 - at : at;
    /* those that hold bits of what is before are not written */
    return (uint16_t)((before * 8 + 5) / 6 * 6 - before * 8 +
                      at * spell_step(s));
}

static void set_bits(const struct written *w, enum spelling s,
                     struct spelled *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < w->len && n < ret->len; i++)
        if (ret->exact || squeezed((unsigned char)w->bytes[i]) != 0)
            ret->bits[n++] = bits_at(w, s, i);
}

/*
 * Words: without a digit, "correct-horse-battery" squeezed is text like any
 * other. So is what is left of a value that is made of signs.
 */
static bool is_exact(struct str value, size_t squeezed_len)
{
    bool digit = false;

    for (size_t i = 0; i < value.len; i++)
        digit |= is_digit(value.ptr[i]);
    return !digit || squeezed_len < SPELL_VALUE_MIN;
}

static bool has_letter(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (is_alpha(value.ptr[i]))
            return true;
    return false;
}

static bool is_ascii(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Of the percent escapes, those that an earlier row has not. */
static bool is_new(struct str value, enum spelling s)
{
    struct str differ = s == SPELL_PERCENT        ? STR("-._~")
                        : s == SPELL_PERCENT_PATH ? STR("/")
                                                  : STR("!*'()");

    if (s < SPELL_PERCENT || (s >= SPELL_BASE32_0 && s <= SPELL_BASE32_4))
        return true;
    if (s >= SPELL_ROT13)
        return s == SPELL_ROT13 ? has_letter(value) : is_ascii(value);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool listed = str_find_byte(differ, c) < differ.len;

        if (s == SPELL_PERCENT ? !is_alnum(c) && !listed : listed)
            return true;
    }
    return false;
}

static void set_edges(struct str w, struct spelled *ret)
{
    while (ret->lead < w.len && !is_alnum(w.ptr[ret->lead]))
        ret->lead++;
    while (ret->tail < w.len && !is_alnum(w.ptr[w.len - 1 - ret->tail]))
        ret->tail++;
}

static void set_cuts(struct str value, enum spelling s, struct spelled *ret)
{
    size_t before = 0, group = group_of(s, &before);
    size_t len = s >= SPELL_UTF16_0 ? 2 * value.len - 1 : value.len;
    bool front = group != 0 && before != 0;
    bool rear = group != 0 && (before + len) % group != 0;

    ret->cut_front = is_backwards(s) ? rear : front;
    ret->cut_back = is_backwards(s) ? front : rear;
}

bool spell(struct str value, enum spelling s, struct spelled *ret)
{
    struct written w;
    struct str all;
    size_t n;
    char small[WRITTEN_MAX];

    if (value.len < SPELL_VALUE_MIN || value.len > SPELL_VALUE_MAX ||
        !is_new(value, s))
        return false;
    write_as(value, s, &w);
    all = (struct str){w.bytes, w.len};
    n = squeeze(all, small);
    memset(ret, 0, sizeof(*ret));
    if (s <= SPELL_REVERSED)
        ret->exact = is_exact(value, n);
    ret->exact |= n < SPELL_MIN;
    set_cuts(value, s, ret);
    if (ret->exact) {
        ret->len = w.len < SPELL_MAX ? w.len : SPELL_MAX;
        memcpy(ret->bytes, w.bytes, ret->len);
    } else {
        ret->len = n < SPELL_MAX ? n : SPELL_MAX;
        memcpy(ret->bytes, small, ret->len);
        set_edges(all, ret);
    }
    set_bits(&w, s, ret);
    explicit_bzero(&w, sizeof(w));
    explicit_bzero(small, sizeof(small));
    return ret->len >= SPELL_MIN;
}
