#include "rules/rarity.h"

/* Letters, white space, and any one of all other bytes. */
#define CLASSES 28u
#define SPACE   26u
#define OTHER   27u

/*
 * What is counted is half English text and manuals (12 MB), and half source
 * code of ten languages (15 MB), white space of any length as one.
 */

/* How often each stands there: 4 * log2 of its share in 10^4. */
static const unsigned char singles[CLASSES] = {
    36, 28, 32, 33, 39, 30, 29, 34, 36, 15, 23, 33, 30, 36,
    36, 30, 15, 36, 36, 38, 31, 25, 28, 21, 27, 13, 42, 21};

/* How often two stand side by side: 'A' - 4 + 2 * log2 of their share in 10^6.
 */
static const char pairs[CLASSES][29] = {
    "LRTSKMSGRINUTVERJUTWPOLMPHSI", "QJLJSJIFQNFRHHPJFPNJRDDIPBPI",
    "TKPJUIITQIRSMHVLGRNTQIJJNDQI", "RJKPVJJHSFIMJJQKGOPLOHHIKCVK",
    "SNUVQSPJNHITSWNQPWWVJQOSOEYM", "PRJLPPFGVAFQFKTNETMNPBCBLAUJ",
    "NHPGTHKOQBGOKPNIDQQMPIDBFHSI", "TEHGWGCFSADIJHRLCNJPLCDBICSH",
    "QQTSSTRFIDKTRXVRHQVUGPGNBPPG", "KDCDQBCAFAIABBLFDAMBIAAABAHB",
    "MEIHRIIDMAAIHIGMBFMHKCGABBPH", "TKJPVPJKUFHTGIUOFJQRRLHCQETJ",
    "UOJKUIGCQDGNQIRRDFPJNFEBMATH", "TISUUQUIQFMOKNSMCKUVQOEDMDWK",
    "OPSSKSPFOONRTWPSAVQSUPQJJFTG", "TFLMTIIOPAJRJJSQDTORQHFMOBTI",
    "HCDDEEDAFAAIDBBBFFGEQDEABAJB", "TLQOXMRHUANNQRUMFRSSQOKCQEVL",
    "QIQKVKKRTAOPLNSSIKTWRJJDOGWM", "UJPMWMIXVCINNKURDUSRRHMLSEWM",
    "NPORRMMDPACSRTJQATSTFBCJBBNE", "RFHDTDECQAFFKDNIAFHJEDBCABLF",
    "PEGGOEEPRACIDLNGAMLEGBJJDAOE", "NELJMGCDMABFLEHOAFLPCBBKIEQH",
    "KHIHJGFCLABKLMNQCKOMEDHACETI", "KBCAPBBAIAAEFHKAAACADACBEDIB",
    "WTVUTVRRWMPTTTVULUVXSRTNNKAR", "JJKJJNHIJDEIJJHJCJLKHHFFACRK",
};

/*
 * Three bytes that stand in text far more often than their pairs say: by the
 * first of them, the two others, in order. A class is written as 'a' and its
 * number, so that { is a space.
 */
static const char *const common[CLASSES] = {
    "blccckgellndrcrgs{tetit{",
    "le",
    "ceomon",
    "efo{",
    "adctd{lfndntrersr{sssts{tu",
    "ilorroun",
    "et",
    "atere{isou",
    "gnngntn{ons{th",
    "ec",
    "eney",
    "l{ocue",
    "e{od",
    "amd{g{otte",
    "def{ken{olrmr{t{urutu{",
    "errout",
    "ue",
    "chepeqe{n{omro",
    "erhoigsltet{",
    "erhaheiooko{ruuryp",
    "ltncrn",
    "al",
    "hait",
    "",
    "oupe",
    "",
    "alanasa{becodoexfofrinismenoofrestthtowhwiyo",
    "",
};
#define COMMON 12u /* what they weigh more */

static unsigned char class_of(char c)
{
    unsigned letter = (unsigned)((unsigned char)c | 0x20u) - 'a';

    return (unsigned char)(letter < 26 ? letter : c == ' ' ? SPACE : OTHER);
}

static bool is_common(const unsigned char *c)
{
    const char *ends = common[c[0]];

    for (; *ends != '\0' && ends[0] - 'a' <= c[1]; ends += 2)
        if (ends[0] - 'a' == c[1] && ends[1] - 'a' == c[2])
            return true;
    return false;
}

/* What a pair, and the byte between two pairs, add to the share of four bytes,
 * as if pairs were independent. */
static unsigned pair(const unsigned char *c)
{
    return (unsigned char)pairs[c[0]][c[1]];
}

static unsigned between(const unsigned char *c)
{
    return singles[*c] / 2u;
}

static unsigned commons(const unsigned char *c)
{
    return (is_common(c) ? COMMON : 0) + (is_common(c + 1) ? COMMON : 0);
}

unsigned rarity_byte(char c)
{
    return 1u << singles[class_of(c)] / 4;
}

void rarity_read(struct str keyword, struct rarity *ret)
{
    size_t n = keyword.len < LIM_KEYWORD ? keyword.len : LIM_KEYWORD;
    unsigned a, b;

    for (size_t i = 0; i < n; i++)
        ret->class[i] = class_of(keyword.ptr[i]);
    /* What mostly follows. */
    ret->class[n] = n > 0 && ret->class[n - 1] == SPACE ? 't' - 'a' : 'e' - 'a';
    if (n < 3)
        return;
    a = pair(ret->class);
    b = pair(ret->class + 1);
    for (size_t i = 0; i + 3 <= n; i++) {
        const unsigned char *c = ret->class + i;
        unsigned next = pair(c + 2);

        ret->four[i] =
            (uint16_t)(a + b + next - between(c + 1) - between(c + 2));
        a = b;
        b = next;
    }
}

unsigned rarity_more(const struct rarity *r, size_t at)
{
    return commons(r->class + at);
}
