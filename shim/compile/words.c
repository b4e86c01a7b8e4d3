#include "compile/words.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "compile/casing.h"
#include "compile/files.h"
#include "compile/pattern.h"
#include "rules/prefilter.h"

/*
 * A chunk of words is one rule: an alternation, anchored at a keyword. Longer
 * words stand before those that they begin with, as the sorting is downwards.
 */
#define CHUNK_BYTES (LIM_PATTERN / 2)

bool words_file(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->words_node = n;
    return read_text(r, n, &src->words_name);
}

bool words_list(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->words_node = n;
    return read_is(r, n, YAML_LIST);
}

/* Words are all that such a rule looks for. */
bool words_alone(struct reader *r, const struct yaml_node *n)
{
    static const struct str others[] = {
        STR_INIT("match"),         STR_INIT("value"),   STR_INIT("keywords"),
        STR_INIT("keyword_first"), STR_INIT("context"), STR_INIT("token"),
        STR_INIT("group"),         STR_INIT("digits")};

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (yaml_get(n, others[i]) != NULL)
            return read_refuse(r, n, "a rule has either words or '%.*s'",
                               STR_ARG(others[i]));
    if (yaml_get(n, STR("words")) != NULL && yaml_get(n, STR("list")) != NULL)
        return read_refuse(r, n, "a rule has either 'words' or 'list'");
    return true;
}

struct word {
    struct str text;
    bool open; /* of a script that does not part its words */
};

struct word_list {
    struct word *list; /* owned */
    size_t count, cap;
    bool over; /* LIM_WORDS; that is said */
};

/* From Thai on, but for Georgian, Ethiopic and Hangul, words are not parted
 * by spaces, or carry endings. */
static bool is_unparted(uint32_t lead, uint32_t next)
{
    if (lead == 0xe0)
        return next >= 0xb8 && next <= 0xbb; /* Thai, Lao */
    return lead == 0xe3 || (lead >= 0xe4 && lead <= 0xe9) || lead == 0xf0;
}

static const char *word_fault(struct str s)
{
    bool letter = false, control = false;

    if (!utf8_valid(s))
        return "the word is not valid UTF-8";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        control = control || (c < ' ' && c != '\t') || c == 0x7f;
        letter = letter || c >= 0x80 || is_alnum(s.ptr[i]);
    }
    if (control)
        return "the word has a control character";
    if (!letter)
        return "the word has no letter or digit";
    if (utf8_count(s) < 2)
        return "the word is a single character: it would be found everywhere";
    return s.len > LIM_KEYWORD ? "the word is too long (at most 64 bytes)"
                               : NULL;
}

/* With one space for all white space in it, as keywords are. */
static bool word_tidy(struct reader *r, struct str *text)
{
    char *copy;

    if (keyword_is_tidy(*text))
        return true;
    if ((copy = read_take(r, LIM_KEYWORD)) == NULL)
        return false;
    *text = (struct str){copy, keyword_tidy(*text, copy)};
    return true;
}

static bool word_add(struct reader *r, struct word_list *w, struct str text,
                     struct place at)
{
    const char *fault = word_fault(text = str_trim(text));

    if (fault != NULL) {
        diag_add(r->diags, at, "%s", fault);
        return false;
    }
    if (!word_tidy(r, &text))
        return false;
    if (w->count == w->cap) {
        size_t cap = w->cap * 2 + 64;
        struct word *grown = realloc(w->list, cap * sizeof(*grown));

        if (grown == NULL) {
            r->fatal = E_NOMEM;
            return false;
        }
        w->list = grown;
        w->cap = cap;
    }
    if (w->count == LIM_WORDS) {
        diag_add(r->diags, at, "too many words (at most %d)", LIM_WORDS);
        w->over = true;
        return false;
    }
    w->list[w->count++] =
        (struct word){text, is_unparted((unsigned char)text.ptr[0],
                                        (unsigned char)text.ptr[1])};
    return true;
}

/* A line each; blanks around it and comments do not count. */
static bool read_lines(struct compile *c, const char *path, struct str text,
                       struct word_list *w)
{
    struct place at = {path, 0, 1};
    bool good = true;

    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_skip(text, 3);
    while (text.ptr != NULL && !c->reader.fatal && !w->over) {
        struct str line = str_split(&text, '\n');

        at.line++;
        line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r';
        line = str_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        good &= word_add(&c->reader, w, line, at);
    }
    return good;
}

/* The text of the file, in the arena. */
static bool read_words(struct compile *c, const struct source *from,
                       struct rule_src *src, struct word_list *w)
{
    const char *path = files_find(c, from, src->words_node, src->words_name);
    struct buf text;
    bool good;
    char *copy;

    if (path == NULL)
        return false;
    buf_init(&text, LIM_RULE_FILE);
    good = files_text(c, path, &text) &&
           (copy = read_take(&c->reader, text.len + 1)) != NULL;
    if (good && text.len > 0)
        memcpy(copy, text.ptr, text.len);
    good = good && read_lines(c, path, (struct str){copy, text.len}, w);
    buf_free(&text);
    return good;
}

static bool read_list(struct compile *c, const struct rule_src *src,
                      struct word_list *w)
{
    const struct yaml_node *n;
    struct str word;
    bool good = true;

    for (n = src->words_node->child; n != NULL && !w->over; n = n->next)
        good &= read_text(&c->reader, n, &word) &&
                word_add(&c->reader, w, word, n->at);
    return good;
}

/* Downwards, so that of two of which one begins with the other the longer is
 * the first; the open ones behind all others. */
static int order(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;
    int c = 0;

    if (x->open != y->open)
        return x->open ? 1 : -1;
    for (size_t i = 0; i < n && c == 0; i++)
        c = (unsigned char)to_lower(y->text.ptr[i]) -
            (unsigned char)to_lower(x->text.ptr[i]);
    if (c != 0)
        return c;
    return x->text.len > y->text.len ? -1 : x->text.len < y->text.len;
}

/* --- Chunks. */

struct chunk {
    struct pattern p;
    struct str keywords[LIM_RULE_LIST];
    size_t count;
};

static void chunk_start(struct chunk *k, bool open)
{
    k->p.len = 0;
    k->p.full = false;
    k->count = 0;
    pattern_put(&k->p, open ? STR("(?i:") : STR("(?<![\\p{L}\\p{N}_])(?i:"));
}

static bool chunk_end(struct reader *r, struct chunk *k, bool open,
                      struct rule_src *src, struct rule *rule)
{
    struct str *list = read_take(r, k->count * sizeof(*list));

    pattern_put(&k->p, open ? STR(")") : STR(")(?![\\p{L}\\p{N}_])"));
    if (list == NULL)
        return false;
    memcpy(list, k->keywords, k->count * sizeof(*list));
    *rule = src->rule;
    rule->keywords = list;
    rule->keyword_count = k->count;
    rule->keyword_first = true;
    return pattern_take(&k->p, r, src->words_node, &rule->match);
}

/* One more rule for a chunk: the rule's own, or one behind it. */
static bool chunk_done(struct reader *r, struct chunk *k, bool open,
                       struct rule_src *src, struct rule *first)
{
    if (src->more_count == 0 && first->match.len == 0)
        return chunk_end(r, k, open, src, first);
    return chunk_end(r, k, open, src, &src->more[src->more_count++]);
}

static bool words_rules(struct reader *r, struct rule_src *src,
                        const struct word_list *w, struct chunk *k)
{
    struct rule first = {.match = {NULL, 0}};
    size_t bytes = 0;

    for (size_t i = 0; i < w->count; i++) {
        const struct word *word = &w->list[i];
        struct str forms[CASINGS_MOST];
        size_t n = casing_all(r, word->text, forms);

        if (n == 0)
            return false;
        for (size_t f = 0; f < n; f++)
            bytes += forms[f].len;
        if (bytes > LIM_KEYWORD_ALL)
            return read_refuse(r, src->words_node,
                               "the words have more than %d bytes, in all "
                               "their spellings",
                               LIM_KEYWORD_ALL);
        if (i > 0 && str_eq_nocase(word->text, w->list[i - 1].text))
            continue;
        if (i > 0 && (word->open != w->list[i - 1].open ||
                      k->count + n > LIM_RULE_LIST ||
                      k->p.len + 2 * word->text.len > CHUNK_BYTES)) {
            if (!chunk_done(r, k, w->list[i - 1].open, src, &first))
                return false;
            chunk_start(k, word->open);
        } else if (i == 0) {
            chunk_start(k, word->open);
        }
        pattern_put(&k->p, k->count > 0 ? STR("|") : STR(""));
        /* A name is one over the end of a line, too. */
        pattern_spaced(&k->p, word->text, STR("\\s+"));
        memcpy(k->keywords + k->count, forms, n * sizeof(*forms));
        k->count += n;
    }
    if (!chunk_done(r, k, w->list[w->count - 1].open, src, &first))
        return false;
    src->rule = first;
    return true;
}

bool words_load(struct compile *c, const struct source *from,
                struct rule_src *src)
{
    struct reader *r = &c->reader;
    struct word_list w = {0};
    struct chunk *k;
    bool good;

    if (src->words_node == NULL)
        return true;
    good = src->words_name.len > 0 ? read_words(c, from, src, &w)
                                   : read_list(c, src, &w);
    if (good && w.count == 0)
        good = read_refuse(r, src->words_node, "there are no words");
    k = good ? malloc(sizeof(*k)) : NULL;
    if (k != NULL) {
        qsort(w.list, w.count, sizeof(*w.list), order);
        /* A chunk is left for a word of another kind, or when half full. */
        src->more =
            read_take(r, (w.count / (LIM_RULE_LIST / CASINGS_MOST) + 2) *
                             sizeof(*src->more));
        good = src->more != NULL && words_rules(r, src, &w, k);
    } else if (good) {
        r->fatal = E_NOMEM;
        good = false;
    }
    free(k);
    free(w.list);
    return good;
}
