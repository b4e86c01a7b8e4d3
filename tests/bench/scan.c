/*
 * How fast all shipped rules look at a text, on one processor, beside the same
 * patterns on the same text by other means: PCRE2, one pattern after the other;
 * ripgrep with its PCRE2; Hyperscan. The last two only where they are
 * installed. Prints a name, a value, its unit and the goal, a line each; goals
 * begin with < or >, and a line without one is there to compare with.
 *
 *     scan DEFAULT-POLICY RULES-DIRECTORY
 *
 * The texts are made here: prose of common words; code, which is the text of
 * our own sources; dense text, prose with what the rules' own tests find put in
 * every 2 KB; for streams also prose with accents, as mail and as a page write
 * it, and characters as Japanese has. The figures are the least of several
 * runs.
 */
#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "compile/compile.h"
#include "flow/conn.h"
#include "rnd.h"
#include "rules/inside.h"
#include "rules/image.h"
#include "rules/stream.h"

/* link: -ldl */

#define SIZE  (1 * MIB)
#define TURNS 12

static struct compile rule_files;
static struct rules *rules;
static struct scratch *scratch;
static const struct scope place = {.dir = DIR_SEND, .role = ROLE_USER};

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void line(const char *name, double value, const char *unit,
                 const char *goal)
{
    printf("%s %.2f %s %s\n", name, value, unit, goal);
    fflush(stdout);
}

/* ---- Texts ---------------------------------------------------------------
 */

static const char *const common[] = {
    "the",       "of",        "and",       "to",          "in",
    "that",      "is",        "was",       "he",          "for",
    "it",        "with",      "as",        "his",         "on",
    "be",        "at",        "by",        "had",         "not",
    "are",       "but",       "from",      "or",          "have",
    "an",        "they",      "which",     "one",         "you",
    "were",      "her",       "all",       "she",         "there",
    "would",     "their",     "we",        "him",         "been",
    "has",       "when",      "who",       "will",        "more",
    "no",        "if",        "out",       "so",          "said",
    "what",      "up",        "its",       "about",       "into",
    "than",      "them",      "can",       "only",        "other",
    "new",       "some",      "could",     "time",        "these",
    "two",       "may",       "then",      "do",          "first",
    "any",       "my",        "now",       "such",        "like",
    "our",       "over",      "man",       "me",          "even",
    "most",      "made",      "after",     "also",        "did",
    "many",      "before",    "must",      "through",     "years",
    "where",     "much",      "your",      "way",         "well",
    "down",      "should",    "because",   "each",        "just",
    "those",     "people",    "how",       "too",         "little",
    "state",     "good",      "very",      "make",        "world",
    "still",     "own",       "see",       "men",         "work",
    "long",      "get",       "here",      "between",     "both",
    "life",      "being",     "under",     "never",       "day",
    "same",      "another",   "know",      "while",       "last",
    "might",     "us",        "great",     "old",         "year",
    "off",       "come",      "since",     "against",     "go",
    "came",      "right",     "used",      "take",        "three",
    "office",    "harbour",   "report",    "meeting",     "letter",
    "answer",    "question",  "number",    "morning",     "evening",
    "garden",    "window",    "water",     "weather",     "market",
    "company",   "teacher",   "student",   "reason",      "example",
    "problem",   "system",    "function",  "result",      "measure",
    "section",   "chapter",   "history",   "government",  "development",
    "important", "different", "following", "information",
};

/* Sentences of common words, with numbers and names here and there. */
static char *make_prose(size_t size)
{
    char *text = malloc(size + 64);
    size_t n = 0, words = 0, sentence = 12;

    while (n < size) {
        const char *w = common[rnd(ARRAY_LEN(common))];
        char c = words == 0 ? (char)(w[0] - 'a' + 'A') : w[0];

        if (rnd(60) == 0)
            n += (size_t)sprintf(text + n, "%u", rnd(2000));
        else
            n += (size_t)sprintf(text + n, "%c%s", c, w + 1);
        if (++words == sentence) {
            n += (size_t)sprintf(text + n, rnd(6) == 0 ? ".\n\n" : ". ");
            words = 0;
            sentence = 5 + rnd(18);
        } else {
            n += (size_t)sprintf(text + n, rnd(12) == 0 ? ", " : " ");
        }
    }
    text[size] = '\0';
    return text;
}

/* Our own sources one behind the other, again and again up to the size. */
static char *make_code(size_t size)
{
    char *text = malloc(size + 1);
    size_t n = 0;
    glob_t files;

    if (glob("shim/*/*.[ch]", 0, NULL, &files) != 0)
        return NULL;
    for (size_t i = 0; n < size; i = (i + 1) % files.gl_pathc) {
        FILE *f = fopen(files.gl_pathv[i], "r");

        if (f != NULL) {
            n += fread(text + n, 1, size - n, f);
            fclose(f);
        }
    }
    globfree(&files);
    text[size] = '\0';
    while (!utf8_valid((struct str){text, size}) && size > 0)
        text[--size] = '\0';
    return text;
}

/* Prose with an accent on some of its letters, as many a language has. */
static char *make_accented(const char *prose)
{
    char *text = malloc(2 * strlen(prose) + 1);
    size_t n = 0;

    for (const char *p = prose; *p != '\0'; p++)
        if (*p == 'e' && rnd(3) == 0)
            n += (size_t)sprintf(text + n, "\u00e9");
        else
            text[n++] = *p;
    text[n] = '\0';
    return text;
}

/* As mail writes it: signs as =2E, and lines that go on behind a =. */
static char *make_quoted(const char *prose)
{
    char *text = malloc(4 * strlen(prose) + 1);
    size_t n = 0, column = 0;

    for (const char *p = prose; *p != '\0'; p++) {
        size_t from = n;

        if (column > 70) {
            n += (size_t)sprintf(text + n, "=\n");
            column = 0;
        }
        if (*p == ',' || *p == '.' || *p == '\n')
            n += (size_t)sprintf(text + n, "=%02X", *p);
        else
            text[n++] = *p;
        column += n - from;
    }
    text[n] = '\0';
    return text;
}

/* As a page does: a paragraph is an element, and now and then a word. */
static char *make_page(const char *prose)
{
    char *text = malloc(8 * strlen(prose) + 1);
    size_t n = 0;

    for (const char *p = prose; *p != '\0'; p++)
        if (*p == '\n' && p[1] == '\n')
            n += (size_t)sprintf(text + n, "</p>\n<p class=\"text\">");
        else if (*p == ',')
            n += (size_t)sprintf(text + n, ",<br> <a href=\"#x\">so</a>");
        else
            text[n++] = *p;
    text[n] = '\0';
    return text;
}

/* Characters of hiragana and of Han in sentences, without blanks. */
static char *make_japanese(size_t size)
{
    char *text = malloc(size + 32);
    size_t n = 0;

    while (n < size) {
        uint32_t cp = rnd(3) == 0 ? 0x4e00 + rnd(3000) : 0x3042 + rnd(80);

        text[n++] = (char)(0xe0 | cp >> 12);
        text[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
        text[n++] = (char)(0x80 | (cp & 0x3f));
        if (rnd(30) == 0)
            n += (size_t)sprintf(text + n, "\u3002");
    }
    text[n] = '\0';
    return text;
}

/* What the rules of a category find, put into prose. */
static char *make_dense(size_t size, size_t every)
{
    char *text = make_prose(size);
    const struct rule_src *src = rule_files.rules;
    size_t at = every;

    for (size_t tries = 0; at + every < size && tries < 100000; tries++) {
        struct str s = {0};

        src = src->next == NULL ? rule_files.rules : src->next;
        if (str_eq(src->rule.category, STR("secret")) && src->hit_count > 0)
            s = src->tests[0].text;
        if (s.len == 0 || s.len > every / 2 || !src->tests[0].hit)
            continue;
        text[at - 1] = ' ';
        memcpy(text + at, s.ptr, s.len);
        text[at + s.len] = ' ';
        at += every;
    }
    return text;
}

/* ---- The rules -----------------------------------------------------------
 */

/* Bytes in a microsecond are MB in a second. */
static double scan_rate(const struct rules *rs, struct str text, size_t piece,
                        size_t *ret_found)
{
    double best = 1e12;
    struct findings found;

    findings_init(&found);
    for (size_t turn = 0; turn < TURNS; turn++) {
        double begun = now_us(), took;

        *ret_found = 0;
        for (struct str rest = text; rest.len > 0;) {
            size_t n = rest.len < piece ? rest.len : piece;

            while (n < rest.len && ((unsigned char)rest.ptr[n] & 0xc0) == 0x80)
                n++;
            findings_clear(&found);
            if (rules_scan(rs, scratch, &place, str_head(rest, n), 0, &found))
                fprintf(stderr, "scan: a text that cannot be judged\n");
            *ret_found += found.count;
            rest = str_skip(rest, n);
        }
        took = now_us() - begun;
        best = took < best ? took : best;
    }
    findings_free(&found);
    return (double)text.len / best;
}

static void texts(const char *name, const char *text, const char *goal)
{
    struct str s = str_of(text);
    size_t found;
    char label[64];

    snprintf(label, sizeof(label), "text_%s", name);
    line(label, scan_rate(rules, s, SIZE, &found), "MB/s", goal);
    snprintf(label, sizeof(label), "text_%s_16k", name);
    line(label, scan_rate(rules, s, 16 * KIB, &found), "MB/s", goal);
}

/* ---- A JSON body ---------------------------------------------------------
 */

static char image_path[] = "/tmp/sallyport-bench-XXXXXX";

static void take(struct conn *c)
{
    for (int d = 0; d < 2; d++)
        conn_taken(c, (enum dir)d, conn_ready(c, (enum dir)d).len);
}

static struct str body_of(struct str text)
{
    char *body = malloc(2 * text.len + 256), *out = NULL;
    int n = sprintf(body, "{\"model\":\"m-4\",\"messages\":[{\"role\":\"user\","
                          "\"content\":\"");

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '"' || c == '\\')
            body[n++] = '\\';
        if (c == '\n' || c == '\t') {
            body[n++] = '\\';
            c = c == '\n' ? 'n' : 't';
        }
        body[n++] = c;
    }
    n += sprintf(body + n, "\"}]}");
    n = asprintf(&out,
                 "POST /v1/chat/completions HTTP/1.1\r\n"
                 "Host: api.openai.com\r\nAuthorization: Bearer none\r\n"
                 "Content-Type: application/json\r\n"
                 "Content-Length: %d\r\n\r\n%.*s",
                 n, n, body);
    free(body);
    return (struct str){out, (size_t)n};
}

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}";

static void bodies(const char *name, const char *text, const char *goal)
{
    struct peer peer = {.host = STR("api.openai.com"), .door = "bench"};
    struct engine_config cfg = {.policy = image_path};
    struct str out = body_of(str_of(text));
    struct engine *eng = NULL;
    char why[256] = "", label[64];
    double best = 1e12;
    struct conn *c;

    if (engine_open(&cfg, &eng, why, sizeof(why)) ||
        (c = conn_new(eng, &peer)) == NULL) {
        fprintf(stderr, "scan: %s\n", why);
        return;
    }
    for (size_t turn = 0; turn < TURNS; turn++) {
        double begun = now_us(), took;

        conn_send(c, out);
        took = now_us() - begun;
        take(c);
        conn_recv(c, str_of(answer));
        take(c);
        best = took < best ? took : best;
    }
    if (conn_state(c) != CONN_OPEN)
        fprintf(stderr, "scan: %s\n", conn_why(c));
    snprintf(label, sizeof(label), "body_%s", name);
    line(label, (double)out.len / best, "MB/s", goal);
    conn_free(c);
    engine_close(eng);
    free((void *)out.ptr);
}

/* ---- Streams -------------------------------------------------------------
 */

/* Pieces of four bytes, as a model's words come. */
static void deltas(const char *name, const char *text)
{
    const struct scope from = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};
    struct str s = str_head(str_of(text), 256 * KIB);
    double best = 1e12;
    char label[64];

    for (size_t turn = 0; turn < TURNS; turn++) {
        struct stream_edit edit;
        struct finding one;
        struct stream *st;
        double begun;

        if (stream_new(rules, scratch, &from, &st))
            return;
        begun = now_us();
        for (size_t i = 0; i + 4 <= s.len; i += 4)
            if (stream_take(st, str_head(str_skip(s, i), 4)))
                fprintf(stderr, "scan: a stream that cannot be judged\n");
        begun = now_us() - begun;
        while (stream_next(st, &edit) || stream_finding(st, &one))
            ;
        stream_free(st);
        best = begun < best ? begun : best;
    }
    snprintf(label, sizeof(label), "stream_delta_4_%s", name);
    line(label, best * 4 / (double)s.len, "us", "<=1");
}

/* ---- A hundred times as many rules ---------------------------------------
 */

#define MOST 4000

/* Tokens of as many vendors as there are: a prefix of letters, then 32. */
static struct rules *vendors(size_t n, struct buf *packed)
{
    static char names[MOST][12], patterns[MOST][64];
    static struct str words[MOST];
    static struct rule list[MOST];
    struct rules *rs = NULL;

    rnd_seed = 7;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 6; k++)
            names[i][k] = (char)('a' + rnd(26));
        names[i][6] = '_';
        names[i][7] = '\0';
        sprintf(patterns[i], "\\b%s[A-Za-z0-9]{32}\\b", names[i]);
        words[i] = str_of(names[i]);
        list[i] = (struct rule){.id = words[i],
                                .name = words[i],
                                .category = STR("secret"),
                                .kind = words[i],
                                .put = STR("[gone]"),
                                .match = str_of(patterns[i]),
                                .dirs = DIRS_ALL,
                                .roles = ROLES_ALL,
                                .parts = PARTS_ALL,
                                .action = ACTION_REDACT,
                                .keywords = &words[i],
                                .keyword_count = 1,
                                .keyword_first = true};
    }
    if (rules_pack(list, n, NULL, 0, packed) ||
        rules_load(buf_str(packed), false, &rs))
        fprintf(stderr, "scan: rules that cannot be loaded\n");
    return rs;
}

static void hundredfold(const char *text)
{
    struct buf a, b;
    struct rules *few, *many;
    size_t found;
    double x, y;

    buf_init(&a, LIM_IMAGE);
    buf_init(&b, LIM_IMAGE);
    few = vendors(MOST / 100, &a);
    many = vendors(MOST, &b);
    if (few != NULL && many != NULL) {
        x = scan_rate(few, str_of(text), SIZE, &found);
        y = scan_rate(many, str_of(text), SIZE, &found);
        line("text_40_rules", x, "MB/s", "-");
        line("rules_times_100", x / y, "times", "<=2");
    }
    rules_free(few);
    rules_free(many);
    buf_free(&a);
    buf_free(&b);
}

/* ---- Others --------------------------------------------------------------
 */

static void one_by_one(const char *text)
{
    struct str s = str_head(str_of(text), 64 * KIB);
    double spent = 0;

    for (size_t i = 0; i < rules_count(rules); i++) {
        const struct rule *r = rules_at(rules, i);
        struct pattern_error bad;
        enum hit hit = HIT_MATCH;
        pcre2_code *code;
        double begun;
        bool slow;

        if (r->match.len == 0 ||
            pattern_compile(r->match, 0, &code, &slow, &bad))
            continue;
        begun = now_us();
        for (size_t from = 0; hit == HIT_MATCH && from < s.len;) {
            if (pattern_run(code, scratch, s, from, false, &hit))
                break;
            from = pcre2_get_ovector_pointer(scratch->mdata)[1];
        }
        spent += now_us() - begun;
        pcre2_code_free(code);
    }
    line("pcre2_one_by_one", (double)s.len / spent, "MB/s", "-");
}

static bool write_file(char *path, const char *what, size_t n)
{
    int fd = mkstemp(path);
    bool good = fd >= 0 && write(fd, what, n) == (ssize_t)n;

    if (fd >= 0)
        close(fd);
    return good;
}

/* One run of ripgrep over a file with some of the patterns; -1: refused. */
static double ripgrep_run(const char *file, size_t from, size_t to)
{
    char list[] = "/tmp/sallyport-list-XXXXXX", command[256];
    struct timespec a, b;
    struct buf all;
    int rc = -1;

    buf_init(&all, LIM_IMAGE);
    for (size_t i = from; i < to; i++)
        if (rules_at(rules, i)->match.len != 0 &&
            (buf_add(&all, rules_at(rules, i)->match) ||
             buf_add(&all, STR("\n"))))
            goto out;
    if (!write_file(list, all.ptr, all.len))
        goto out;
    snprintf(command, sizeof(command),
             "rg -P -c -j1 --no-config -f %s %s >/dev/null 2>&1", list, file);
    clock_gettime(CLOCK_MONOTONIC, &a);
    rc = system(command);
    clock_gettime(CLOCK_MONOTONIC, &b);
out:
    unlink(list);
    buf_free(&all);
    if (rc != 0 && WEXITSTATUS(rc) != 1)
        return -1;
    return (double)(b.tv_sec - a.tv_sec) * 1e6 +
           (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

/*
 * Ripgrep joins what it is given to one pattern, and PCRE2 takes none as large
 * as all of ours: it is given sixteen at a time, its start included.
 */
static void ripgrep(const char *text)
{
    char file[] = "/tmp/sallyport-text-XXXXXX";
    struct str s = str_head(str_of(text), 256 * KIB);
    size_t count = rules_count(rules), step = 16, out = 0;
    double spent = 0;

    if (system("command -v rg >/dev/null") != 0 ||
        !write_file(file, s.ptr, s.len))
        return;
    for (size_t i = 0; i < count; i += step) {
        size_t to = i + step < count ? i + step : count;
        double took = ripgrep_run(file, i, to);

        if (took < 0)
            out += to - i;
        else
            spent += took;
    }
    if (spent > 0)
        line("ripgrep_by_sixteen", (double)s.len / spent, "MB/s", "-");
    line("ripgrep_left_out", (double)out, "patterns", "-");
    unlink(file);
}

/* What we use of Hyperscan, as its manual has it. */
struct hs_database;
struct hs_scratch;
struct hs_error {
    char *message;
    int expression;
};
typedef int hs_event(unsigned id, unsigned long long from,
                     unsigned long long to, unsigned flags, void *ctx);
#define HS_FLAGS      (8u | 32u | 128u) /* single match, UTF-8, prefilter */
#define HS_BLOCK      1u
#define HYPER_SECONDS 90

static int on_event(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(size_t *)ctx;
    return 0;
}

struct hyper {
    int (*compile)(const char *const *, const unsigned *, const unsigned *,
                   unsigned, unsigned, const void *, struct hs_database **,
                   struct hs_error **);
    int (*alloc)(const struct hs_database *, struct hs_scratch **);
    int (*scan)(const struct hs_database *, const char *, unsigned, unsigned,
                struct hs_scratch *, hs_event *, void *);
};

static bool hyper_open(struct hyper *h)
{
    void *lib = dlopen("libhs.so.5", RTLD_NOW | RTLD_LOCAL);

    if (lib == NULL)
        return false;
    *(void **)&h->compile = dlsym(lib, "hs_compile_multi");
    *(void **)&h->alloc = dlsym(lib, "hs_alloc_scratch");
    *(void **)&h->scan = dlsym(lib, "hs_scan");
    return h->compile != NULL && h->alloc != NULL && h->scan != NULL;
}

/* Some of the patterns, each its own first: one that is refused is left out. */
static void hyper_run(const struct hyper *h, const char *text, size_t from,
                      size_t to, double *spent, size_t *out)
{
    const char *list[64];
    unsigned flags[64], ids[64], n = 0;
    struct hs_database *db = NULL;
    struct hs_scratch *space = NULL;
    struct hs_error *bad = NULL;
    double best = 1e12;
    size_t matches = 0;

    for (size_t i = from; i < to; i++) {
        struct str s = rules_at(rules, i)->match;

        list[n] = strndup(s.ptr != NULL ? s.ptr : "", s.len);
        flags[n] = HS_FLAGS;
        ids[n] = (unsigned)i;
        if (s.len == 0 || h->compile(&list[n], &flags[n], &ids[n], 1, HS_BLOCK,
                                     NULL, &db, &bad) != 0)
            ++*out;
        else
            n++;
    }
    if (n == 0 || h->compile(list, flags, ids, n, HS_BLOCK, NULL, &db, &bad) ||
        h->alloc(db, &space))
        return;
    for (size_t turn = 0; turn < 3; turn++) {
        double begun = now_us(), took;

        h->scan(db, text, (unsigned)strlen(text), 0, space, on_event, &matches);
        took = now_us() - begun;
        best = took < best ? took : best;
    }
    *spent += best;
}

/*
 * Its prefilter, which says which patterns have to be asked. All at once it
 * takes hours to compile, so that it is given a few at a time, as many as it
 * takes in half a minute; in a process of its own, which is ended if need be.
 */
static void hyperscan(const char *text)
{
    size_t out = 0, count = rules_count(rules), step = 16, done = 0;
    double spent = 0, begun;
    struct hyper h;

    if (!hyper_open(&h))
        return;
    if (fork() != 0) {
        wait(NULL);
        return;
    }
    alarm(HYPER_SECONDS);
    begun = now_us();
    for (size_t i = 0; i < count; i = done) {
        if (now_us() - begun > HYPER_SECONDS / 3 * 1e6)
            break;
        done = i + step < count ? i + step : count;
        hyper_run(&h, text, i, done, &spent, &out);
    }
    line("hyperscan_by_sixteen", (double)strlen(text) / spent, "MB/s", "-");
    line("hyperscan_patterns", (double)(done - out), "patterns", "-");
    _exit(0);
}

/* ---- Memory --------------------------------------------------------------
 */

/* Of no file: a page of one that was just written counts as dirty. */
static size_t private_kb(void)
{
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    char row[256];
    size_t n = 0, sum = 0;

    while (f != NULL && fgets(row, sizeof(row), f) != NULL)
        if (sscanf(row, "Anonymous: %zu", &n) == 1)
            sum += n;
    if (f != NULL)
        fclose(f);
    return sum;
}

/* Of a process of its own: what an engine adds, with an exchange judged. */
static void memory(const char *text)
{
    size_t before = private_kb();
    struct peer peer = {.host = STR("api.openai.com"), .door = "bench"};
    struct engine_config cfg = {.policy = image_path};
    struct str out = body_of(str_head(str_of(text), 4 * KIB));
    struct engine *eng = NULL;
    char why[256] = "";
    struct conn *c;

    if (engine_open(&cfg, &eng, why, sizeof(why)) ||
        (c = conn_new(eng, &peer)) == NULL)
        return;
    conn_send(c, out);
    take(c);
    conn_recv(c, str_of(answer));
    take(c);
    line("memory", (double)(private_kb() - before) / 1024, "MB", "<=6");
}

/* ---- */

static bool open_rules(const char *policy, const char *dir, struct buf *bytes)
{
    static const char *dirs[1];
    struct compile_options options = {dirs, 1, "2026-01-01"};
    struct image image;
    int fd = mkstemp(image_path);

    dirs[0] = dir;
    buf_init(bytes, LIM_IMAGE);
    compile_init(&rule_files, &options);
    if (fd < 0 || compile_load(&rule_files, policy) ||
        compile_image(&rule_files, bytes) ||
        write(fd, bytes->ptr, bytes->len) != (ssize_t)bytes->len ||
        fchmod(fd, 0400) != 0) /* as compile writes it: mapped */
        return false;
    close(fd);
    return image_read(buf_str(bytes), &image) == OK &&
           rules_load(image.rules, false, &rules) == OK &&
           (rules_lend(rules, image.tables), scratch_new(&scratch) == OK);
}

int main(int argc, char **argv)
{
    struct buf bytes;
    char *prose, *code, *dense, *accented;

    if (argc != 3 || !open_rules(argv[1], argv[2], &bytes))
        return 2;
    prose = make_prose(SIZE);
    code = make_code(SIZE);
    accented = make_accented(prose);
    dense = make_dense(SIZE, 2 * KIB);
    memory(prose);
    line("rules", (double)rules_count(rules), "rules", ">=500");
    texts("prose", prose, ">=600");
    texts("code", code, ">=600");
    texts("dense", dense, ">=60");
    bodies("prose", prose, ">=300");
    bodies("code", code, ">=300");
    deltas("prose", prose);
    deltas("code", code);
    deltas("accented", accented);
    deltas("quoted", make_quoted(prose));
    deltas("page", make_page(prose));
    deltas("japanese", make_japanese(SIZE));
    hundredfold(prose);
    one_by_one(code);
    ripgrep(code);
    hyperscan(code);
    rules_free(rules);
    scratch_free(scratch);
    compile_free(&rule_files);
    buf_free(&bytes);
    unlink(image_path);
    return 0;
}
