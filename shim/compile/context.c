#include "compile/context.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "compile/casing.h"
#include "compile/pattern.h"
#include "rules/key.h"
#include "rules/lead.h"
#include "rules/token.h"

#define WITHIN      48u /* characters between a word and its value */
#define WITHIN_MOST 96u
#define SUFFIX      16u /* bytes of "-numbers" and a line's end with blanks */
#define VALUE       32u /* bytes of a value before its number */
#define BLANKS      8u  /* at the beginning of a line */
#define NEAR_DIGITS 5u  /* so many digits are worth to be looked for */

bool context_list(struct reader *r, const struct yaml_node *n,
                  const struct str **ret_words, size_t *ret_count)
{
    const struct str *words;

    if (!read_texts(r, n, &words, ret_count))
        return false;
    if (n->count == 0)
        return read_refuse(r, n, "'%.*s' is empty", STR_ARG(n->key->text));
    for (size_t i = 0; i < *ret_count; i++)
        if (words[i].len < 2 || words[i].len > LIM_KEYWORD ||
            key_front(words[i]) == words[i].len || !utf8_valid(words[i]))
            return read_refuse(r, n,
                               "a word of context must have 2 to %u bytes, and "
                               "more than white space",
                               LIM_KEYWORD);
    *ret_words = words;
    return true;
}

bool context_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    return context_list(r, n, &src->context, &src->context_count);
}

bool context_within(struct reader *r, const struct yaml_node *n, void *into)
{
    return read_number(r, n, 1, WITHIN_MOST,
                       &((struct rule_src *)into)->within);
}

/* Where a word is a whole one: by its ends. */
enum edges {
    EDGES_BOTH, /* begins and ends with an ASCII letter or digit */
    EDGES_FRONT,
    EDGES_NONE,
    EDGES_COUNT,
};

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

static enum edges edges_of(struct str s)
{
    if (!is_alnum(s.ptr[0]))
        return EDGES_NONE;
    return is_alnum(s.ptr[s.len - 1]) ? EDGES_BOTH : EDGES_FRONT;
}

/* What a word does not end before: a small letter, and behind a capital another
 * one, as in MEMBERNOTFOUND; but that begins a word in SSNValue. */
#define BEHIND "[a-z]|(?<=[A-Z])[A-Z](?![a-z])"

/* The words of a kind as alternatives; how many. */
static size_t put_kind(struct pattern *p, const struct str *words, size_t n,
                       struct str blank, enum edges kind, bool bar)
{
    static const struct str before[EDGES_COUNT] = {STR_INIT(LEAD_WORD "(?i:"),
                                                   STR_INIT(LEAD_WORD "(?i:"),
                                                   STR_INIT("(?i:")};
    static const struct str behind[EDGES_COUNT] = {
        STR_INIT(")(?i:[ _-]?(?:numbers?|nummer|num|no|nr|id|code)|s)?"
                 "(?!" BEHIND ")"),
        STR_INIT(")"), STR_INIT(")")};
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (edges_of(words[i]) != kind)
            continue;
        if (count++ == 0) {
            pattern_put(p, bar ? STR("|") : STR(""));
            pattern_put(p, before[kind]);
        } else {
            pattern_put(p, STR("|"));
        }
        pattern_spaced(p, words[i], blank);
    }
    if (count != 0)
        pattern_put(p, behind[kind]);
    return count;
}

void context_words(struct pattern *p, const struct str *words, size_t n,
                   struct str blank)
{
    bool kinds[EDGES_COUNT] = {false}, many;
    size_t any = 0;

    for (size_t i = 0; i < n; i++)
        kinds[edges_of(words[i])] = true;
    many = kinds[0] + kinds[1] + kinds[2] > 1;
    pattern_put(p, many ? STR("(?:") : STR(""));
    for (size_t k = 0; k < EDGES_COUNT; k++)
        any += put_kind(p, words, n, blank, (enum edges)k, any != 0);
    pattern_put(p, many ? STR(")") : STR(""));
}

static void put_gap(struct pattern *p, uint32_t within)
{
    pattern_put(p, STR("(?:[^\\r\\n]{0,"));
    pattern_number(p, within);
    pattern_put(p, STR("}?|[ \\t:]{0,4}\\r?\\n[ \\t]{0,"));
    pattern_number(p, BLANKS);
    pattern_put(p, STR("})"));
}

/*
 * What stands for the blanks of "routing number" in names of fields, and where
 * somebody types two: routing_number, routing-number, routingNumber.
 */
static const struct str joints[] = {STR_INIT(" "), STR_INIT("_"), STR_INIT("-"),
                                    STR_INIT("  "), STR_INIT("")};
#define JOINED_LEAST 5u /* letters of a word without its blanks: not "said" */

static bool put_joined(struct reader *r, struct str word, struct str joint,
                       struct str *list, size_t *count)
{
    size_t blanks = 0, len = 0;
    char *p;

    for (size_t i = 0; i < word.len; i++)
        blanks += word.ptr[i] == ' ';
    len = word.len - blanks + blanks * joint.len;
    if (len > LIM_KEYWORD || (joint.len == 0 && len < JOINED_LEAST))
        return true;
    if ((p = read_take(r, len)) == NULL)
        return false;
    list[(*count)++] = (struct str){p, len};
    for (size_t i = 0; i < word.len; i++) {
        struct str piece =
            word.ptr[i] == ' ' ? joint : str_head(str_skip(word, i), 1);

        memcpy(p, piece.ptr, piece.len);
        p += piece.len;
    }
    return true;
}

/* The words of context, those of ASCII and of several words in all forms. */
static bool put_forms(struct reader *r, struct rule_src *src)
{
    size_t count = 0, most = src->context_count * ARRAY_LEN(joints);
    struct str *list = read_take(r, most * sizeof(*list));

    for (size_t i = 0; i < src->context_count && list != NULL; i++) {
        struct str word = src->context[i];
        bool many = memchr(word.ptr, ' ', word.len) != NULL && is_ascii(word) &&
                    word.ptr[word.len - 1] != ' ';

        for (size_t k = 0; k < (many ? ARRAY_LEN(joints) : 1); k++)
            if (!put_joined(r, word, joints[k], list, &count))
                return false;
    }
    src->context = list;
    src->context_count = count;
    return list != NULL;
}

static bool put_keywords(struct reader *r, const struct yaml_node *n,
                         struct rule_src *src)
{
    struct str *list = read_take(r, LIM_RULE_LIST * sizeof(*list));
    size_t count = 0;

    for (size_t i = 0; i < src->context_count && list != NULL; i++) {
        struct str forms[CASINGS_MOST], word = src->context[i];
        size_t k;

        if (str_find(word, STR("  ")) != word.len)
            continue; /* a keyword's space is as many */
        if ((k = casing_all(r, word, forms)) == 0)
            return false;
        if (count + k > LIM_RULE_LIST)
            return read_refuse(r, n,
                               "'context' has too many words (at most %u, "
                               "those with letters beyond ASCII count for "
                               "more)",
                               LIM_RULE_LIST);
        memcpy(list + count, forms, k * sizeof(*list));
        count += k;
    }
    src->rule.keywords = list;
    src->rule.keyword_count = count;
    return list != NULL;
}

/*
 * From the first byte of a word to the number in the value: the word, what may
 * follow it, the gap with its characters at their widest, the letters, marks
 * and digits that the value has before it.
 */
static uint32_t reach_of(const struct rule_src *src)
{
    uint32_t most = 0, within = src->within == 0 ? WITHIN : src->within;

    _Static_assert(BLANKS + 1 + VALUE <= REACH_LINE, "behind a line's end");
    for (size_t i = 0; i < src->rule.keyword_count; i++)
        if (src->rule.keywords[i].len > most)
            most = (uint32_t)src->rule.keywords[i].len;
    return most + SUFFIX + 4 * within + VALUE;
}

bool context_pattern(struct reader *r, const struct yaml_node *n,
                     struct rule_src *src)
{
    static const struct str ours[] = {STR_INIT("keywords"),
                                      STR_INIT("keyword_first"),
                                      STR_INIT("group"), STR_INIT("value")};
    struct pattern p = {0};

    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (yaml_get(n, ours[i]) != NULL)
            return read_refuse(r, n, "a rule has either 'context' or '%.*s'",
                               STR_ARG(ours[i]));
    if (!put_forms(r, src) || !put_keywords(r, n, src))
        return false;
    context_words(&p, src->context, src->context_count, STR(" "));
    put_gap(&p, src->within == 0 ? WITHIN : src->within);
    pattern_put(&p, STR("(?<![A-Za-z0-9$])("));
    pattern_put(&p, src->rule.match);
    pattern_put(&p, STR(")(?![A-Za-z0-9])(?![.-][0-9])"));
    if (!pattern_take(&p, r, n, &src->rule.match))
        return false;
    src->rule.group = 1;
    src->rule.keyword_first = true;
    if (src->rule.digits >= NEAR_DIGITS || token_any(&src->rule.token))
        src->rule.reach = reach_of(src);
    return true;
}
