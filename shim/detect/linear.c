#include "detect/linear.h"

/*
 * The words are runs of ASCII letters in lower case. What else stands between
 * them only counts as letters, Latin ones (U+00C0 to U+02AF) or others, so that
 * a text in another script is known as one.
 */

enum err linear_load(struct str bytes, struct linear *ret_model)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    uint32_t bias;

    if (bytes.len != LINEAR_BYTES || !str_starts(bytes, STR(LINEAR_MAGIC)))
        return E_SYNTAX;
    bias = (uint32_t)p[8] | (uint32_t)p[9] << 8 | (uint32_t)p[10] << 16 |
           (uint32_t)p[11] << 24;
    ret_model->bias = (int32_t)bias;
    ret_model->unit = (uint32_t)p[12] | (uint32_t)p[13] << 8 |
                      (uint32_t)p[14] << 16 | (uint32_t)p[15] << 24;
    ret_model->weights = (const signed char *)(p + LINEAR_HEAD);
    return OK;
}

/* FNV-1a (Fowler, Noll, Vo), 32 bits. */
#define HASH_START 2166136261u

static uint32_t hash_byte(uint32_t hash, unsigned char c)
{
    return (hash ^ c) * 16777619u;
}

static bool is_common(struct str word)
{
    static const struct str list[] = {
        STR_INIT("the"),  STR_INIT("of"),   STR_INIT("and"),  STR_INIT("to"),
        STR_INIT("in"),   STR_INIT("is"),   STR_INIT("you"),  STR_INIT("that"),
        STR_INIT("it"),   STR_INIT("for"),  STR_INIT("on"),   STR_INIT("are"),
        STR_INIT("as"),   STR_INIT("with"), STR_INIT("this"), STR_INIT("be"),
        STR_INIT("or"),   STR_INIT("not"),  STR_INIT("have"), STR_INIT("your"),
        STR_INIT("i"),    STR_INIT("a"),    STR_INIT("an"),   STR_INIT("at"),
        STR_INIT("from"), STR_INIT("by"),   STR_INIT("we"),   STR_INIT("can"),
        STR_INIT("will"), STR_INIT("do"),   STR_INIT("if"),   STR_INIT("all"),
        STR_INIT("was"),  STR_INIT("what"), STR_INIT("how"),  STR_INIT("my"),
        STR_INIT("me"),   STR_INIT("he"),   STR_INIT("she"),  STR_INIT("they"),
    };

    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (str_eq_nocase(word, list[i]))
            return true;
    return false;
}

/* What is no ASCII letter, up to the next: letters of other kinds are counted
 * by their first byte. */
static void pass_others(struct linear_walk *w, struct linear_word *word)
{
    for (; w->at < w->text.len && !is_alpha(w->text.ptr[w->at]); w->at++) {
        unsigned char c = (unsigned char)w->text.ptr[w->at];

        if (c >= 0xc3 && c <= 0xca)
            word->latin++;
        else if (c >= 0xcb && c != 0xe2 && c != 0xf0) /* signs, pictures */
            word->others++;
    }
}

static bool word_next(struct linear_walk *w, struct linear_word *ret_word)
{
    struct linear_word word = {.hash = HASH_START};

    if (!w->begun)
        pass_others(w, &word);
    w->begun = true;
    if (w->at == w->text.len)
        return false;
    word.start = (uint32_t)w->at;
    for (; w->at < w->text.len && is_alpha(w->text.ptr[w->at]); w->at++)
        word.hash =
            hash_byte(word.hash, (unsigned char)to_lower(w->text.ptr[w->at]));
    word.end = (uint32_t)w->at;
    word.latin += word.end - word.start;
    word.common = is_common(
        (struct str){w->text.ptr + word.start, word.end - word.start});
    pass_others(w, &word);
    *ret_word = word;
    return true;
}

void linear_walk_init(struct linear_walk *w, struct str text, size_t from)
{
    *w = (struct linear_walk){.text = text, .at = from};
}

static uint16_t feature(uint32_t hash)
{
    return (uint16_t)((hash ^ hash >> 14 ^ hash >> 28) % LINEAR_WEIGHTS);
}

static uint32_t hash_pair(uint32_t a, uint32_t b)
{
    uint32_t hash = a;

    for (unsigned i = 0; i < 4; i++)
        hash = hash_byte(hash, (unsigned char)(b >> 8 * i));
    return hash;
}

bool linear_next(struct linear_walk *w, struct linear_window *ret_window)
{
    struct linear_window *out = ret_window;
    size_t latin = 0, others = 0, common = 0, half = LINEAR_WORDS / 2;

    if (w->ended)
        return false;
    if (w->count == LINEAR_WORDS) { /* the second half is the next's first */
        memmove(w->words, w->words + half, half * sizeof(*w->words));
        w->count = half;
    }
    while (w->count < LINEAR_WORDS && word_next(w, &w->words[w->count]))
        w->count++;
    w->ended = w->at == w->text.len;
    if (w->count == 0)
        return false;
    out->count = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct linear_word *one = &w->words[i];

        latin += one->latin;
        others += one->others;
        common += one->common;
        out->features[out->count++] = feature(one->hash);
        if (i > 0)
            out->features[out->count++] =
                feature(hash_pair(w->words[i - 1].hash, one->hash));
    }
    out->start = w->words[0].start;
    out->end = w->words[w->count - 1].end;
    out->judged = latin >= 9 * others && common > 0 && 10 * common >= w->count;
    return true;
}

/* The square root of n, in 1/1024. */
static int64_t root(size_t n)
{
    uint64_t square = (uint64_t)n << 20, r = square;

    for (unsigned i = 0; i < 40; i++) /* Newton's, from above */
        r = (r + square / r) / 2;
    return (int64_t)r;
}

uint32_t linear_score(const struct linear *m, const struct linear_window *w)
{
    int64_t sum = 0, z;

    for (size_t i = 0; i < w->count; i++)
        sum += m->weights[w->features[i]];
    z = w->count == 0 ? 0 : sum * m->unit * 1024 / root(w->count); /* 1e-6 */
    z = 1000 + ((int64_t)m->bias * 1000 + z) / 10000;
    return z < 0 ? 0 : z > (int64_t)LINEAR_MOST ? LINEAR_MOST : (uint32_t)z;
}
