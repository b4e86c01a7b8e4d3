#include "detect/letters.h"

#include "base/utf8.h"

/* ASCII: letters and digits in small, all else 0. */
static const unsigned char small[128] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
    ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
    ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
    ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
    ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',
    ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
    ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's',
    ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
    ['y'] = 'y', ['z'] = 'z',
};

struct letters letters_start(struct str text, size_t at)
{
    return (struct letters){.text = text, .at = at, .gap = true};
}

/* Spaces, marks, symbols, pictures, and what nobody sees. */
static bool is_mark(uint32_t cp)
{
    return (cp < 0xc0 && cp != 0xaa && cp != 0xb5 && cp != 0xba) ||
           cp == 0xd7 || cp == 0xf7 || cp == 0x34f || cp == 0x61c ||
           cp == 0x115f || cp == 0x1160 || (cp >= 0x180b && cp <= 0x180f) ||
           (cp >= 0x2000 && cp <= 0x2bff) || (cp >= 0x2e00 && cp <= 0x2e7f) ||
           (cp >= 0x3000 && cp <= 0x3004) || (cp >= 0x3008 && cp <= 0x3020) ||
           cp == 0x3164 || (cp >= 0xe000 && cp <= 0xf8ff) ||
           (cp >= 0xfe00 && cp <= 0xfe6f) || cp == 0xfeff ||
           (cp >= 0xff00 && cp <= 0xff0f) || cp == 0xffa0 ||
           (cp >= 0xfff0 && cp <= 0xffff) || (cp >= 0x1f000 && cp <= 0x1ffff) ||
           cp >= 0xe0000;
}

/* Simple case folding where most text with case is. */
static uint32_t fold(uint32_t cp)
{
    if (cp >= 0xff10 && cp <= 0xff5a) /* full width */
        cp -= 0xfee0;
    if ((cp >= 'A' && cp <= 'Z') || (cp >= 0xc0 && cp <= 0xde && cp != 0xd7) ||
        (cp >= 0x391 && cp <= 0x3a9) || (cp >= 0x410 && cp <= 0x42f))
        return cp + 0x20;
    if (cp >= 0x400 && cp <= 0x40f)
        return cp + 0x50;
    if ((cp >= 0x100 && cp <= 0x137 && cp != 0x130 && cp != 0x131) ||
        (cp >= 0x14a && cp <= 0x177) || (cp >= 0x460 && cp <= 0x4bf) ||
        (cp >= 0x4d0 && cp <= 0x52f) || (cp >= 0x1ea0 && cp <= 0x1eff))
        return cp | 1;
    if (cp >= 0x139 && cp <= 0x148)
        return cp + (cp & 1);
    return cp;
}

/* Scripts that do not part their words. */
static bool is_unparted(uint32_t cp)
{
    return (cp >= 0xe00 && cp <= 0xeff) || (cp >= 0x1000 && cp <= 0x109f) ||
           (cp >= 0x1780 && cp <= 0x17ff) || (cp >= 0x3040 && cp <= 0x30ff) ||
           (cp >= 0x3400 && cp <= 0x9fff) || (cp >= 0xf900 && cp <= 0xfaff) ||
           (cp >= 0x20000 && cp <= 0x3ffff);
}

/* What is no ASCII letter or digit, at l->at: a letter to l->bytes, or not. */
static void take_other(struct letters *l)
{
    struct str rest = str_skip(l->text, l->at);
    size_t n = utf8_char(rest);
    uint32_t cp;

    l->start = l->at;
    l->at += n > 0 ? n : 1;
    cp = n > 0 ? utf8_next(rest, &n) : ' ';
    if (cp == '\'' || cp == 0x2019) /* don't is one word */
        return;
    if (is_mark(cp)) {
        l->gap = true;
        return;
    }
    l->odd = is_unparted(cp) && !l->gap && !l->odd;
    l->begins = l->gap || (is_unparted(cp) && !l->odd);
    l->gap = false;
    l->count = utf8_put(fold(cp), l->bytes);
    l->taken = 0;
}

bool letter_next(struct letters *l, struct letter *ret_letter)
{
    while (l->taken == l->count && l->at < l->text.len) {
        unsigned char c = (unsigned char)l->text.ptr[l->at];

        if (c < 0x80 && small[c] != 0) {
            *ret_letter =
                (struct letter){l->at, l->at + 1, small[c], l->gap, true};
            l->gap = l->odd = false;
            l->at++;
            return true;
        }
        if (c < 0x80 && c != '\'') {
            l->gap = true;
            l->at++;
            continue;
        }
        take_other(l);
    }
    if (l->taken == l->count)
        return false;
    *ret_letter = (struct letter){
        l->start,
        l->at,
        (unsigned char)l->bytes[l->taken],
        l->begins && l->taken == 0,
        l->taken + 1 == l->count,
    };
    l->taken++;
    return true;
}

size_t letters_fill(struct letters *l, unsigned char *ret_bytes,
                    uint32_t *ret_at, size_t max)
{
    const unsigned char *text = (const unsigned char *)l->text.ptr;
    struct letter one;
    size_t n = 0;

    while (n < max) {
        /* Words do not matter here, so ASCII needs no state. */
        while (l->taken == l->count && n < max && l->at < l->text.len &&
               text[l->at] < 0x80) {
            ret_bytes[n] = small[text[l->at]];
            ret_at[n] = (uint32_t)l->at++;
            n += ret_bytes[n] != 0;
        }
        if (n == max || !letter_next(l, &one))
            break;
        ret_bytes[n] = one.byte;
        ret_at[n++] = (uint32_t)one.start;
    }
    return n;
}
