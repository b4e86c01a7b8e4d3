#include "detect/escape_block.h"

#include "base/wide.h"

#define STEP VIEW_UNITS

/* The values of hex digits; *is: all bits of each that is one. */
static inline wide digit_values(wide v, wide *is)
{
    wide low = v - '0', high = (v | 0x20) - 'a';
    wide digits = (wide)(low < 10), letters = (wide)(high < 6);

    *is &= digits | letters;
    return (digits & low) | (letters & (high + 10));
}

/* A bit for each place. */
struct places {
    uint64_t marks, escapes;
    uint64_t breaks, returns; /* ends of lines, of two and of three bytes    */
    uint64_t twos, more;      /* where a character of two may begin, or more */
    uint64_t inside;          /* and what such a one goes on with            */
};

/* Of sixteen of them, at p, what they stand for goes to out: for a byte that is
 * no character a question mark. */
static inline __attribute__((always_inline)) void look(const char *p, char mark,
                                                       size_t deep, unsigned at,
                                                       struct places *to,
                                                       char *out)
{
#define BITS(v) ((uint64_t)wide_mask((wide)(v)) << at)
    wide v = wide_at(p), next = wide_at(p + 1), behind = wide_at(p + 2);
    wide marks = (wide)(v == (unsigned char)mark), is = marks;
    wide high, low, value, ascii;

    if (deep == 2)
        is &= (wide)(next == 'x');
    high = digit_values(deep == 2 ? behind : next, &is);
    low = digit_values(deep == 2 ? wide_at(p + 3) : behind, &is);
    value = high << 4 | low;
    to->marks |= BITS(marks);
    to->escapes |= BITS(is);
    to->breaks |= BITS(marks & (wide)(next == '\n'));
    to->returns |= BITS(marks & (wide)(next == '\r') & (wide)(behind == '\n'));
    to->twos |= BITS(is & (wide)((wide)(value - 0xc2) < 0x1e));
    to->more |= BITS(is & (wide)((wide)(value - 0xe0) < 0x15));
    to->inside |= BITS(is & (wide)((wide)(value - 0x80) < 0x40));
    ascii = (wide)(value < 0x80);
    v = (is & ((ascii & value) | (~ascii & '?'))) | (~is & v);
    memcpy(out, &v, WIDE);
#undef BITS
}

static struct places look_all(enum view_step how, const char *p, char *out)
{
    struct places is = {0};

    for (unsigned i = 0; i < STEP; i += WIDE)
        if (how == VIEW_ESCAPES)
            look(p + i, '\\', 2, i, &is, out + i);
        else
            look(p + i, how == VIEW_QUOTED ? '=' : '%', 1, i, &is, out + i);
    if (how != VIEW_QUOTED)
        is.breaks = is.returns = 0;
    return is;
}

/* The bytes of the characters that two escapes each stand for. */
static void put_twos(const char *p, struct view_units *u)
{
    for (uint64_t set = u->twos | u->twos << u->each; set != 0;
         set &= set - 1) {
        unsigned i = (unsigned)__builtin_ctzll(set);
        const char *digits = p + i + u->each - 2;

        u->bytes[i] = (char)(hex_value(digits[0]) << 4 | hex_value(digits[1]));
    }
}

/* All bits up to the highest of a set that is not empty. */
static uint64_t upto(uint64_t set)
{
    return UINT64_MAX >> __builtin_clzll(set);
}

bool escape_block(enum view_step how, struct str s, struct escape_block *ret_b)
{
    const unsigned each = how == VIEW_ESCAPES ? 4 : 3;
    struct view_units *u = &ret_b->made;
    struct places is;
    uint64_t others, next, all, last;

    if (s.len < STEP + WIDE)
        return false;
    is = look_all(how, s.ptr, u->bytes);
    all = is.escapes | is.breaks | is.returns;
    others = is.marks & ~all;
    /* What the next escape is tells what the first of a character is. */
    next = others >> each | ~(UINT64_MAX >> each);
    others |= (is.twos & next) | (is.more & (is.inside >> each | next));
    all &= (others - 1) & ~others;
    if (all == 0)
        return false;
    u->each = each;
    u->twos = is.twos & is.inside >> each & all;
    u->ones = is.escapes & all & ~(u->twos | u->twos << each);
    u->kept = ~all & ~(all << 1) & ~((all & ~is.breaks) << 2);
    if (each == 4)
        u->kept &= ~(all << 3);
    u->kept = (u->kept & upto(all)) | u->ones | u->twos | u->twos << each;
    put_twos(s.ptr, u);
    last = all & ~(upto(all) >> 1);
    ret_b->ends = all & ~u->twos;
    ret_b->breaks = is.breaks;
    ret_b->len = (size_t)(STEP - 1) - (size_t)__builtin_clzll(all) +
                 (each - ((last & is.breaks) != 0));
    return true;
}
