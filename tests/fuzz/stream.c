#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "detect/known.h"
#include "rules/detector.h"
#include "rules/stream.h"

/*
 * Law 1 of streams. The first bytes of the input choose the rules and the cuts,
 * the rest is the text. Fed whole, byte by byte and as cut, a stream must give
 * the same output; and where no rule has a small cap, the output of a search
 * and replace on the whole text. Of views only the cuts are compared.
 */

#define ALL     .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL
#define KEYS(k) .keywords = (k), .keyword_count = ARRAY_LEN(k)
#define REDACT(p, m)                                                           \
    ALL, .action = ACTION_REDACT, .put = STR_INIT(p), .match = STR_INIT(m)

static const struct str k_sk[] = {STR_INIT("sk-"), STR_INIT("ks")};
static const struct str k_begin[] = {STR_INIT("-BEGIN")};
static const struct str k_at[] = {STR_INIT("@")};
static const struct str k_both[] = {STR_INIT("-BEGIN"), STR_INIT("sk-")};

/* A detector has no pattern, and its keywords are its own: see set_open. */
#define DETECTS(p, d, hold)                                                    \
    ALL, .action = ACTION_REDACT, .put = STR_INIT(p), .detector = (d),         \
         .max_hold = (hold)

/* Without caps that a text of some hundred bytes could reach. */
static const struct rule plain[] = {
    {REDACT("[1]", "(?i)\\b(?:sk-|ks)[a-z0-9]{2,9}\\b"), KEYS(k_sk),
     .keyword_first = true, .max_hold = 60000},
    {REDACT("[2]", "-BEGIN-[\\s\\S]+?-END-"), KEYS(k_begin),
     .keyword_first = true, .max_hold = 60000},
    {REDACT("[3]", "[a-z]+@[a-z]+\\.[a-z]{2,}"), KEYS(k_at), .max_hold = 60000},
    {REDACT("[4]", "(?<!\\d)\\d(?:[ -]?\\d){3,}(?!\\d)"), .max_hold = 60000,
     .check = VALID_LUHN_ANY},
    {REDACT("[5]", "(?m)^> .+$"), .max_hold = 60000},
    {REDACT("[6]", "(?<=é)b+|ab?c?d?"), .max_hold = 60000},
    {REDACT("[7]", "\\p{Han}{2,}"), .max_hold = 60000, .entropy = 1500},
    {REDACT("[8]", "(?<![a-z])[a-z]{1,6}@[a-z]{2,}"), KEYS(k_at),
     .max_hold = 60000},
    {REDACT("[9]", "[a-dB-]{0,3}-BEGIN|k{2,3}sk-"), KEYS(k_both),
     .max_hold = 60000},
    {REDACT("[10]", "(?<!\\w)[x-z]{1,2}\\d{2,4}"), .digits = 2,
     .max_hold = 60000},
    {REDACT("[11]", "[x-z]{1,2}\\d{2}y|é?4{3,}"), .digits = 2,
     .max_hold = 60000},
    {DETECTS("[12]", DETECTOR_IMAGE, 60000), .options = {4}},
    {DETECTS("[13]", DETECTOR_LINK, 60000)},
    {DETECTS("[14]", DETECTOR_CANARY, 60000)},
    {DETECTS("[15]", DETECTOR_PROMPT, 60000), .options = {8, 2, 0, 0, 1}},
};

static const struct rule capped[] = {
    {REDACT("[1]", "(?i)\\b(?:sk-|ks)[a-z0-9]{2,}\\b"), KEYS(k_sk),
     .keyword_first = true, .max_hold = 20, .on_hold_full = HOLD_RELEASE},
    {REDACT("[2]", "-BEGIN-[\\s\\S]+?-END-"), KEYS(k_begin),
     .keyword_first = true, .max_hold = 40, .end = STR_INIT("-END-|b+c")},
    {REDACT("[3]", "[a-z]+@[a-z]+\\.[a-z]{2,}"), KEYS(k_at), .max_hold = 70},
    {ALL, .action = ACTION_BLOCK, .match = STR_INIT("bl(?:o+)ck"),
     .max_hold = 90, .on_hold_full = HOLD_BLOCK},
    {REDACT("[5]", "(?m)^> .+$"), .max_hold = 10},
    {REDACT("[6]", "(?<=é)b+|ab?c?d?"), .max_hold = 8, .end = STR_INIT("d+e")},
    {REDACT("[7]", "o[\\s\\S]{1,9}"), .max_hold = 100},
    {REDACT("[8]", "(?<![a-z])[a-z]{1,6}@[a-z!]{2,}"), KEYS(k_at),
     .max_hold = 330, .end = STR_INIT("!b")},
    {REDACT("[9]", "[x-z]{1,2}\\d[ x]{2,}y"), .digits = 1, .max_hold = 340,
     .on_hold_full = HOLD_RELEASE},
    {DETECTS("[10]", DETECTOR_IMAGE, 100), .end = STR_INIT("[) ]")},
    {DETECTS("[11]", DETECTOR_PROMPT, 90), .options = {8, 0, 0, 0, 1},
     .end = STR_INIT("x")},
};

/* Short words, and stretches that come twice. */
static const char prompt[] =
    "a b c d e f g h i j k l m n o p q r s t u v w x "
    "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcab "
    "k l m n o p q r s t u v w x y z a b c d e f g h i";
static struct known known = {.canary = STR_INIT("abab2"),
                             .links = STR_INIT("a.b *.c")};

static struct {
    struct buf packed;
    struct rules *rs;
    struct scratch *sc;
} sets[3];

static const struct scope at = {
    .dir = DIR_RECV, .role = ROLE_ASSISTANT, .known = &known};

static void need(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void set_open(int i, const struct rule *list, size_t n)
{
    struct rule rules[16];

    need(n <= ARRAY_LEN(rules));
    memcpy(rules, list, n * sizeof(*rules));
    for (struct rule *r = rules; r < rules + n; r++)
        if (r->detector != DETECTOR_PATTERN) {
            r->keyword_count = detector_keywords(r->detector, &r->keywords);
            r->keyword_first = r->keyword_count > 0;
        }
    for (size_t j = 0; i == 2 && j < n; j++)
        rules[j].views = VIEWS_ALL;
    buf_init(&sets[i].packed, MIB);
    need(!rules_pack(rules, n, NULL, 0, &sets[i].packed) &&
         !rules_load(buf_str(&sets[i].packed), false, &sets[i].rs) &&
         !scratch_new(&sets[i].sc));
}

static void let_go(struct stream *st, struct str text, uint64_t *from,
                   struct buf *out, bool *blocked)
{
    uint64_t safe = stream_safe(st);
    struct stream_edit ed;

    while (stream_next(st, &ed)) {
        need(!*blocked && ed.start >= *from && ed.start <= safe);
        need(!buf_add(out, (struct str){text.ptr + *from, ed.start - *from}));
        *from = ed.start;
        *blocked = ed.action == ACTION_BLOCK;
        if (*blocked)
            break;
        need(ed.end <= safe && !buf_add(out, ed.put));
        *from = ed.end;
    }
    need(safe >= *from && safe <= stream_end(st));
    if (!*blocked)
        need(!buf_add(out, (struct str){text.ptr + *from, safe - *from}));
    *from = safe;
}

/* cuts: lengths of pieces, used in turn; none is one piece. */
static void stream_out(int set, struct str text, struct str cuts,
                       struct buf *out)
{
    struct stream *st;
    bool blocked = false;
    uint64_t from = 0;
    size_t turn = 0;

    need(!stream_new(sets[set].rs, sets[set].sc, &at, &st));
    for (size_t i = 0; i < text.len;) {
        size_t n = cuts.len == 0
                       ? text.len
                       : (unsigned char)cuts.ptr[turn++ % cuts.len] % 100u + 1;

        n = n < text.len - i ? n : text.len - i;
        need(!stream_take(st, (struct str){text.ptr + i, n}));
        i += n;
        let_go(st, text, &from, out, &blocked);
    }
    need(!stream_flush(st));
    let_go(st, text, &from, out, &blocked);
    need(blocked || from == text.len);
    stream_free(st);
}

static void whole_out(struct str text, struct buf *out)
{
    struct findings f = {0};
    struct cluster c;
    size_t pos = 0, from = 0;

    need(!rules_scan(sets[0].rs, sets[0].sc, &at, text, 0, &f));
    while (cluster_next(sets[0].rs, f.list, f.count, &pos, &c)) {
        need(!buf_add(out, (struct str){text.ptr + from, c.start - from}) &&
             !buf_add(out, c.rule->put));
        from = c.end;
    }
    need(!buf_add(out, (struct str){text.ptr + from, text.len - from}));
    findings_free(&f);
}

static void compare(int set, struct str text, struct str cuts)
{
    struct buf want, got;

    buf_init(&want, 64 * MIB);
    buf_init(&got, 64 * MIB);
    if (set == 0)
        whole_out(text, &want);
    else
        stream_out(set, text, STR(""), &want);
    stream_out(set, text, cuts, &got);
    need(str_eq(buf_str(&want), buf_str(&got)));
    buf_clear(&got);
    stream_out(set, text, STR("\0"), &got);
    need(str_eq(buf_str(&want), buf_str(&got)));
    buf_free(&want);
    buf_free(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    struct str text = str_skip(in, 5), cuts = str_head(str_skip(in, 1), 4);

    if (sets[0].rs == NULL) {
        need(!shingles_new(1, &known.prompt) &&
             !shingles_add(known.prompt, str_of(prompt)) &&
             !shingles_seal(known.prompt));
        set_open(0, plain, ARRAY_LEN(plain));
        set_open(1, capped, ARRAY_LEN(capped));
        set_open(2, plain, ARRAY_LEN(plain));
    }
    if (size < 6 || text.len > 4000 || !utf8_valid(text))
        return 0;
    compare(data[0] % 3, text, cuts);
    return 0;
}
