#include "detect/disguise.h"

#include "base/utf8.h"
#include "detect/normal.h"
#include "detect/plain.h"

/* --- Look-alikes. */

/* What is drawn like a Latin letter, or near enough to be read so. */
static const char near_alikes[0x600] = {
    [0x00d8] = 'O', [0x00f8] = 'o', [0x0110] = 'D', [0x0111] = 'd',
    [0x0127] = 'h', [0x0131] = 'i', [0x0141] = 'L', [0x0142] = 'l',
    [0x014b] = 'n', [0x0167] = 't', [0x0180] = 'b', [0x0190] = 'E',
    [0x0192] = 'f', [0x0199] = 'k', [0x01a5] = 'p', [0x01ad] = 't',
    [0x01b4] = 'y', [0x01b6] = 'z', [0x01c0] = 'l', [0x01e5] = 'g',
    [0x024b] = 'q', [0x024d] = 'r', [0x0251] = 'a', [0x0253] = 'b',
    [0x0257] = 'd', [0x025b] = 'e', [0x025f] = 'j', [0x0260] = 'g',
    [0x0261] = 'g', [0x0262] = 'g', [0x0266] = 'h', [0x0268] = 'i',
    [0x0269] = 'i', [0x026a] = 'i', [0x026b] = 'l', [0x026d] = 'l',
    [0x0271] = 'm', [0x0272] = 'n', [0x0274] = 'n', [0x0275] = 'o',
    [0x027d] = 'r', [0x0280] = 'r', [0x0282] = 's', [0x0288] = 't',
    [0x0289] = 'u', [0x028b] = 'u', [0x028f] = 'y', [0x0290] = 'z',
    [0x0299] = 'b', [0x029c] = 'h', [0x029d] = 'j', [0x029f] = 'l',
    [0x02a0] = 'q', [0x02b0] = 'h', [0x037c] = 'c', [0x0391] = 'A',
    [0x0392] = 'B', [0x0395] = 'E', [0x0396] = 'Z', [0x0397] = 'H',
    [0x0399] = 'I', [0x039a] = 'K', [0x039c] = 'M', [0x039d] = 'N',
    [0x039f] = 'O', [0x03a1] = 'P', [0x03a4] = 'T', [0x03a5] = 'Y',
    [0x03a7] = 'X', [0x03b1] = 'a', [0x03b3] = 'y', [0x03b5] = 'e',
    [0x03b7] = 'n', [0x03b9] = 'i', [0x03ba] = 'k', [0x03bd] = 'v',
    [0x03bf] = 'o', [0x03c1] = 'p', [0x03c3] = 'o', [0x03c4] = 't',
    [0x03c5] = 'u', [0x03c7] = 'x', [0x03c9] = 'w', [0x03dc] = 'F',
    [0x03f1] = 'p', [0x03f2] = 'c', [0x03f3] = 'j', [0x03f9] = 'C',
    [0x0404] = 'E', [0x0405] = 'S', [0x0406] = 'I', [0x0407] = 'I',
    [0x0408] = 'J', [0x040c] = 'K', [0x0410] = 'A', [0x0412] = 'b',
    [0x0415] = 'E', [0x0417] = '3', [0x0418] = 'N', [0x041a] = 'K',
    [0x041c] = 'M', [0x041d] = 'H', [0x041e] = 'O', [0x0420] = 'P',
    [0x0421] = 'C', [0x0422] = 'T', [0x0423] = 'Y', [0x0425] = 'X',
    [0x0428] = 'W', [0x042a] = 'b', [0x042c] = 'b', [0x042f] = 'R',
    [0x0430] = 'a', [0x0432] = 'b', [0x0433] = 'r', [0x0435] = 'e',
    [0x0437] = '3', [0x043a] = 'k', [0x043c] = 'm', [0x043d] = 'h',
    [0x043e] = 'o', [0x043f] = 'n', [0x0440] = 'p', [0x0441] = 'c',
    [0x0442] = 't', [0x0443] = 'y', [0x0445] = 'x', [0x0446] = 'u',
    [0x0448] = 'w', [0x044c] = 'b', [0x0450] = 'e', [0x0451] = 'e',
    [0x0454] = 'e', [0x0455] = 's', [0x0456] = 'i', [0x0457] = 'i',
    [0x0458] = 'j', [0x045e] = 'y', [0x0461] = 'w', [0x0474] = 'V',
    [0x0475] = 'v', [0x0492] = 'F', [0x049b] = 'k', [0x049d] = 'k',
    [0x04a2] = 'H', [0x04ab] = 'c', [0x04ae] = 'Y', [0x04af] = 'y',
    [0x04b3] = 'x', [0x04bb] = 'h', [0x04bd] = 'e', [0x04bf] = 'e',
    [0x04c0] = 'I', [0x04cf] = 'l', [0x04d1] = 'a', [0x04d3] = 'a',
    [0x04d7] = 'e', [0x04d9] = 'e', [0x04e0] = '3', [0x04ef] = 'y',
    [0x04f1] = 'y', [0x0501] = 'd', [0x0503] = 'd', [0x050c] = 'G',
    [0x050d] = 'g', [0x051a] = 'Q', [0x051b] = 'q', [0x051c] = 'W',
    [0x051d] = 'w', [0x053c] = 'L', [0x0544] = 'U', [0x054d] = 'U',
    [0x054f] = 'S', [0x0555] = 'O', [0x0561] = 'w', [0x0563] = 'q',
    [0x0566] = 'q', [0x056a] = 'd', [0x056c] = 'l', [0x0570] = 'h',
    [0x0572] = 'n', [0x0575] = 'j', [0x0578] = 'n', [0x057c] = 'n',
    [0x057d] = 'u', [0x0581] = 'g', [0x0584] = 'f', [0x0585] = 'o',
};

/* The same, from there on; sorted. */
static const struct {
    uint16_t cp;
    char latin;
} alikes[] = {
    {0x09e6, 'o'}, {0x13a0, 'D'}, {0x13a1, 'R'}, {0x13a2, 'T'}, {0x13a9, 'Y'},
    {0x13aa, 'A'}, {0x13ab, 'J'}, {0x13ac, 'E'}, {0x13b3, 'W'}, {0x13b7, 'M'},
    {0x13bb, 'H'}, {0x13c0, 'G'}, {0x13c3, 'Z'}, {0x13ce, '4'}, {0x13cf, 'b'},
    {0x13d2, 'R'}, {0x13d5, 'S'}, {0x13d9, 'V'}, {0x13de, 'L'}, {0x13df, 'C'},
    {0x13e2, 'P'}, {0x13e6, 'K'}, {0x13f3, 'G'}, {0x13f4, 'B'}, {0x142f, 'V'},
    {0x144c, 'U'}, {0x146d, 'P'}, {0x148d, 'J'}, {0x14aa, 'L'}, {0x157c, 'H'},
    {0x1587, 'R'}, {0x15b4, 'F'}, {0x15c5, 'A'}, {0x15de, 'D'}, {0x15f0, 'M'},
    {0x15f7, 'B'}, {0x1d00, 'a'}, {0x1d04, 'c'}, {0x1d05, 'd'}, {0x1d07, 'e'},
    {0x1d0a, 'j'}, {0x1d0b, 'k'}, {0x1d0d, 'm'}, {0x1d0f, 'o'}, {0x1d18, 'p'},
    {0x1d1b, 't'}, {0x1d1c, 'u'}, {0x1d20, 'v'}, {0x1d21, 'w'}, {0x1d22, 'z'},
    {0x1d26, 'r'}, {0x1d8c, 'v'}, {0x1f00, 'a'}, {0x1f01, 'a'}, {0x1f30, 'i'},
    {0x2c80, 'A'}, {0x2c82, 'B'}, {0x2c85, 'r'}, {0x2c8e, 'H'}, {0x2c92, 'I'},
    {0x2c94, 'K'}, {0x2c95, 'k'}, {0x2c98, 'M'}, {0x2c9a, 'N'}, {0x2c9e, 'O'},
    {0x2c9f, 'o'}, {0x2ca2, 'P'}, {0x2ca3, 'p'}, {0x2ca4, 'C'}, {0x2ca5, 'c'},
    {0x2ca6, 'T'}, {0x2ca8, 'Y'}, {0x2cac, 'X'}, {0x2cad, 'x'}, {0xa4d0, 'B'},
    {0xa4d1, 'P'}, {0xa4d3, 'D'}, {0xa4d4, 'T'}, {0xa4d6, 'G'}, {0xa4d7, 'K'},
    {0xa4d9, 'J'}, {0xa4da, 'C'}, {0xa4dc, 'Z'}, {0xa4dd, 'F'}, {0xa4df, 'M'},
    {0xa4e0, 'N'}, {0xa4e1, 'L'}, {0xa4e2, 'S'}, {0xa4e3, 'R'}, {0xa4e6, 'V'},
    {0xa4e7, 'H'}, {0xa4ea, 'W'}, {0xa4eb, 'X'}, {0xa4ec, 'Y'}, {0xa4ee, 'A'},
    {0xa4f0, 'E'}, {0xa4f2, 'I'}, {0xa4f3, 'O'}, {0xa4f4, 'U'}, {0xa647, 'i'},
    {0xa730, 'f'}, {0xa731, 's'}, {0xa799, 'f'}, {0xab70, 'd'}, {0xab75, 'i'},
    {0xab7a, 'a'}, {0xab81, 'r'}, {0xab83, 'w'}, {0xab8b, 'h'}, {0xab93, 'z'},
    {0xabaa, 's'}, {0xabaf, 'c'},
};

static char alike(uint32_t cp)
{
    size_t lo = 0, hi = ARRAY_LEN(alikes);

    if (cp < ARRAY_LEN(near_alikes))
        return near_alikes[cp];
    /* Scripts of which most text is, and all that has none. */
    if ((cp >= 0xa00 && cp < 0x13a0) || (cp >= 0x2e00 && cp < 0xa4d0) ||
        (cp >= 0xac00 && cp < 0x1f000))
        return 0;
    /* Letters in filled circles and squares, and in boxes of flags. */
    if (cp >= 0x1f150 && cp <= 0x1f189)
        return (char)((cp - 0x1f150) % 32 < 26 ? 'A' + (cp - 0x1f150) % 32 : 0);
    if (cp >= 0x1f1e6 && cp <= 0x1f1ff)
        return (char)('A' + (cp - 0x1f1e6));
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (alikes[mid].cp < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < ARRAY_LEN(alikes) && alikes[lo].cp == cp ? alikes[lo].latin : 0;
}

static bool is_ascii_letter(uint32_t cp)
{
    return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
}

static bool is_latin(uint32_t cp)
{
    return is_ascii_letter(cp) || (cp >= 0xaa && cp < 0x2b0) ||
           (cp >= 0x1d00 && cp < 0x1dc0) || (cp >= 0x1e00 && cp < 0x1f00) ||
           (cp >= 0xa720 && cp < 0xa800);
}

#define BOXED 0x1f000 /* letters from there on are Latin, in boxes */

unsigned skeleton_kind(uint32_t cp)
{
    return (alike(cp) != 0 ? CHAR_ALIKE : 0) |
           (is_latin(cp) || cp >= BOXED ? CHAR_LATIN : 0);
}

static void count_letter(struct word_letters *n, unsigned kind)
{
    size_t latin = (kind & CHAR_LATIN) != 0, as = (kind & CHAR_ALIKE) != 0;

    n->latin += latin;
    n->strange += latin & as;
    n->other += 1 - latin;
    n->alike += (1 - latin) & as;
}

/* Letters and what counts as one: where they end from `at` on; counted too. */
static size_t word_end(struct chars *chars, struct str text, size_t at,
                       struct word_letters *count)
{
    size_t len;

    while (at < text.len) {
        unsigned kind;

        if ((unsigned char)text.ptr[at] < 0x80) {
            if (!is_alnum(text.ptr[at]))
                break;
            count->latin += !is_digit(text.ptr[at]);
            at++;
            continue;
        }
        kind = chars_kind(chars, utf8_next(str_skip(text, at), &len));
        if ((kind & (CHAR_LETTER | CHAR_ALIKE)) == 0)
            break;
        count_letter(count, kind);
        at += len;
    }
    return at;
}

/* The letters that are not ASCII; true if any character looks like a letter of
 * Latin. */
static bool count_high(struct skeleton *k, struct str text)
{
    unsigned any = 0;
    size_t len;

    for (size_t at = 0; at < text.len; at += len) {
        unsigned kind;
        uint32_t cp;

        if ((unsigned char)text.ptr[at] < 0x80) {
            len = 1 + plain_ascii(str_skip(text, at + 1));
            continue;
        }
        cp = utf8_next(str_skip(text, at), &len);
        kind = chars_kind(k->chars, cp);
        any |= kind;
        if ((kind & CHAR_LETTER) != 0)
            *((kind & CHAR_LATIN) != 0 && cp < BOXED ? &k->latin : &k->other) +=
                1;
    }
    return (any & CHAR_ALIKE) != 0;
}

void skeleton_count(struct skeleton *k, struct str text)
{
    k->latin += plain_letters(text);
    (void)count_high(k, text);
}

#define WORD_MOST 128 /* bytes that are looked at together */

void skeleton_within(struct skeleton *k, struct str text)
{
    size_t at = text.len > WORD_MOST ? text.len - WORD_MOST : 0, len;

    at = utf8_back(text, at);
    k->word = (struct word_letters){0};
    while ((at = word_end(k->chars, text, at, &k->word)) < text.len) {
        (void)utf8_next(str_skip(text, at), &len);
        at += len;
        k->word = (struct word_letters){0};
    }
}

static enum err put_skeleton(struct str word, size_t off, struct textview *out)
{
    size_t from = 0, len;
    enum err e;

    for (size_t at = 0; at < word.len; at += len) {
        char as = 0;

        len = 1;
        if ((unsigned char)word.ptr[at] >= 0x80)
            as = alike(utf8_next(str_skip(word, at), &len));
        if (as == 0)
            continue;
        if ((e = textview_copy(out, (struct str){word.ptr + from, at - from},
                               off + from)) ||
            (e = textview_put(out, (struct str){&as, 1}, off + at, len)))
            return e;
        from = at + len;
    }
    return textview_copy(out, str_skip(word, from), off + from);
}

/* Is most of it Latin? Then it does not matter how many words mix. */
static bool is_latin_text(const struct skeleton *k)
{
    return k->latin >= 9 * k->other;
}

/* It mixes; or it has nothing but look-alikes, and nine letters of ten in the
 * text are Latin, or of the words before it more mix than are of another script
 * and can be nothing else. */
static bool is_disguised(struct skeleton *k, const struct word_letters *n)
{
    if (n->strange > 0 || (n->latin > 0 && n->alike > 0)) {
        k->mixed++;
        return true;
    }
    k->others += n->other > n->alike;
    return n->alike > 0 && n->alike == n->other &&
           (is_latin_text(k) || k->mixed > k->others);
}

/* Where the word ends that is to be taken, of one too long a part: no more of
 * it is looked at. */
static size_t take_word(struct skeleton *k, struct str text, size_t at,
                        struct word_letters *ret)
{
    size_t most = k->whole || text.len - at <= WORD_MOST
                      ? text.len
                      : utf8_front(text, at + WORD_MOST);

    *ret = k->word;
    return word_end(k->chars, str_head(text, most), at, ret);
}

/* The first character that looks like a letter, or, but of Latin text, that is
 * not ASCII. */
static size_t find_strange(const struct skeleton *k, struct str text, size_t at)
{
    size_t len;

    for (; at < text.len; at += len) {
        len = plain_ascii(str_skip(text, at));
        if (len != 0)
            continue;
        if ((unsigned char)text.ptr[at] >= 0x80 &&
            (!is_latin_text(k) ||
             (chars_kind(k->chars, utf8_next(str_skip(text, at), &len)) &
              CHAR_ALIKE) != 0))
            break;
        len = len == 0 ? 1 : len;
    }
    return at;
}

static bool in_word(const struct skeleton *k, struct str text, size_t at)
{
    size_t len;

    return (unsigned char)text.ptr[at] < 0x80
               ? is_alnum(text.ptr[at])
               : (chars_kind(k->chars, utf8_next(str_skip(text, at), &len)) &
                  (CHAR_LETTER | CHAR_ALIKE)) != 0;
}

/* Past words that disguise nothing, to the front of the next that may: of a
 * whole text, for of one in pieces each word is counted. */
static size_t skip_words(struct skeleton *k, struct str text, size_t from)
{
    size_t at = from;

    if (!k->whole)
        return from;
    at = find_strange(k, text, from);
    while (at > from && in_word(k, text, utf8_front(text, at - 1)))
        at = utf8_front(text, at - 1);
    if (at > from) /* the word before it has ended */
        k->word = (struct word_letters){0};
    return at;
}

enum err skeleton_feed(struct skeleton *k, struct str text, size_t base,
                       size_t *pos, bool last, struct textview *out)
{
    size_t at = *pos, from = at, len;
    enum err e;

    while ((at = skip_words(k, text, at)) < text.len) {
        struct word_letters n;
        size_t end = take_word(k, text, at, &n);

        if (end == at) {
            k->word = (struct word_letters){0};
            (void)utf8_next(str_skip(text, at), &len);
            at += len;
            continue;
        }
        if (end == text.len && !last)
            break;
        if (!k->whole) {
            k->latin += n.latin - k->word.latin;
            k->other += n.other - k->word.other;
        }
        k->word = n;
        if (is_disguised(k, &n)) {
            k->changed = true;
            if (out != NULL &&
                ((e = textview_copy(out,
                                    (struct str){text.ptr + from, at - from},
                                    base + from)) ||
                 (e = put_skeleton((struct str){text.ptr + at, end - at},
                                   base + at, out))))
                return e;
            from = end;
        }
        at = end;
    }
    *pos = at;
    if (out == NULL || (last && k->whole && !k->changed))
        return OK; /* nobody asks for it */
    return textview_copy(out, (struct str){text.ptr + from, at - from},
                         base + from);
}

enum err skeleton_make(struct chars *chars, struct str text,
                       struct textview *out, bool *ret_changed)
{
    struct skeleton k = {.chars = chars, .whole = true};
    size_t pos = 0;
    enum err e;

    textview_clear(out);
    *ret_changed = false;
    if (!count_high(&k, text))
        return OK;
    k.latin += plain_letters(text);
    e = skeleton_feed(&k, text, 0, &pos, true, out);
    *ret_changed = k.changed;
    return e;
}
