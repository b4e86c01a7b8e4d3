#include "rules/head.h"

#include "rules/regex.h"

/*
 * The pattern's text (PCRE2 10.42, pcre2pattern(3)) is read item by item with
 * the set of places where each may begin, a bit for each, up to the last one
 * that matters; behind that it is of no matter where things are. Assertions are
 * passed over, but for those that the pattern begins with and that say what
 * must be there.
 */

#define NESTED 16u
#define ITEMS  4096u
#define PAST   (1u << HEAD_BYTES) /* beyond what matters */

struct reading {
    struct guard at[HEAD_BYTES];
    bool plain;    /* letters are what they look like */
    unsigned left; /* items that are read, those in groups each time */
};

static unsigned read_choices(struct reading *rd, struct str s, unsigned depth,
                             unsigned from);

/* From the first of these places on anything can stand. */
static void allow_all(struct reading *rd, unsigned from)
{
    for (unsigned i = 0; i < HEAD_BYTES; i++)
        if ((from & ((2u << i) - 1)) != 0)
            rd->at[i] = guard_all;
}

/* One further. */
static unsigned next_places(unsigned from)
{
    unsigned to = from << 1;

    return (to & (PAST - 1)) | (to >= PAST ? PAST : 0);
}

/* One byte of these. */
static unsigned put_bytes(struct reading *rd, const struct guard *bytes,
                          unsigned from)
{
    for (unsigned i = 0; i < HEAD_BYTES; i++)
        if ((from >> i & 1) != 0)
            guard_add(&rd->at[i], bytes);
    return next_places(from);
}

/* An item without what says how often: where the next begins. *ret_len: 0 if it
 * is not understood. */
static unsigned read_item(struct reading *rd, struct str s, unsigned depth,
                          unsigned from, size_t *ret_len)
{
    struct guard bytes;
    size_t head;

    *ret_len = 0;
    if (rd->left-- == 0) {
        rd->left = 0;
        return from;
    }
    if (s.ptr[0] != '(') {
        *ret_len = guard_text(s, rd->plain, &bytes);
        return *ret_len == 0 ? from : put_bytes(rd, &bytes, from);
    }
    *ret_len = pattern_item(s);
    head = pattern_group(s);
    if (*ret_len == 0 || head == 0 || head + 1 > *ret_len || depth == NESTED) {
        *ret_len = 0;
        return from;
    }
    s = str_head(str_skip(s, head), *ret_len - head - 1);
    return read_choices(rd, s, depth + 1, from);
}

/* The item at the front of *s, as often as may be. */
static unsigned read_times(struct reading *rd, struct str *s, unsigned depth,
                           unsigned from)
{
    size_t len;
    unsigned now = read_item(rd, *s, depth, from, &len), to, last;
    uint32_t least, most;
    struct str rest = str_skip(*s, len);
    bool whole;

    if (len == 0 || !pattern_times(&rest, &least, &most, &whole)) {
        allow_all(rd, from);
        return PAST;
    }
    to = least == 0 ? from : 0;
    for (uint32_t n = 1;; n++) {
        to |= n >= least ? now : 0;
        if (n >= most)
            break;
        last = now;
        if ((now = read_item(rd, *s, depth, last, &len)) == last) {
            to |= now;
            break;
        }
    }
    *s = rest;
    return to;
}

static unsigned read_choice(struct reading *rd, struct str s, unsigned depth,
                            unsigned from)
{
    size_t n;

    while (s.len != 0 && from != PAST) {
        if ((n = pattern_nothing(s)) != 0)
            s = str_skip(s, n);
        else
            from = read_times(rd, &s, depth, from);
    }
    return from;
}

static unsigned read_choices(struct reading *rd, struct str s, unsigned depth,
                             unsigned from)
{
    unsigned to = 0;

    for (;;) {
        size_t bar = pattern_bar(s);

        if (bar == PATTERN_UNREAD) {
            allow_all(rd, from);
            return PAST;
        }
        to |= read_choice(rd, str_head(s, bar), depth, from);
        if (bar >= s.len)
            return to;
        s = str_skip(s, bar + 1);
    }
}

/* What s says of the first bytes, to what is known. */
static void read_whole(struct str s, bool plain, struct guard at[HEAD_BYTES])
{
    struct reading rd = {.plain = plain, .left = ITEMS};

    allow_all(&rd, read_choices(&rd, s, 0, 1));
    for (unsigned i = 0; i < HEAD_BYTES; i++)
        guard_keep(&at[i], &rd.at[i]);
}

void head_read(struct str pattern, struct head *ret_head)
{
    struct guard at[HEAD_BYTES];
    bool plain = pattern_plain(pattern);
    struct str s = pattern;
    size_t n;

    for (unsigned i = 0; i < HEAD_BYTES; i++)
        at[i] = guard_all;
    read_whole(s, plain, at);
    /* With a bar, they speak for one alternative only. */
    for (; pattern_bar(s) == s.len && (n = pattern_nothing(s)) != 0;
         s = str_skip(s, n))
        if (str_starts(s, STR("(?=")) && !pattern_repeats(str_skip(s, n)))
            read_whole(str_head(str_skip(s, 3), n - 4), plain, at);
    memset(ret_head->at, 0, sizeof(ret_head->at));
    for (unsigned c = 0; c < sizeof(ret_head->at); c++)
        for (unsigned i = 0; i < HEAD_BYTES; i++)
            if (c >= 0x80 || guard_stops(&at[i], (unsigned char)c))
                ret_head->at[c] |= (unsigned char)(1u << i);
}

bool head_fits(const struct head *h, struct str text, size_t at)
{
    unsigned char bytes[HEAD_BYTES] = {0};
    unsigned all = 0xff;

    if (text.len - at >= HEAD_BYTES)
        memcpy(bytes, text.ptr + at, HEAD_BYTES);
    else /* where there is nothing, what can be anything can be NUL */
        memcpy(bytes, text.ptr + at, text.len - at);
    for (unsigned i = 0; i < HEAD_BYTES; i++)
        all &= h->at[bytes[i]] | ~(1u << i);
    return all == 0xff;
}
