/*
 * Texts of a stream that take turns and rest, at random: what leaves of each
 * is what leaves of all of it at once. Where the stream ends early, it is what
 * would leave of a beginning of it, and no whole match is in it.
 */

#include <stdlib.h>

#include "base/limits.h"
#include "check.h"
#include "compile/provfile.h"
#include "json/text.h"
#include "json/tree.h"
#include "llm.h"
#include "llm/queue.h"
#include "rnd.h"
#include "streamed.h"

#define CHANNELS 80

#define KEYS(k) .keywords = (k), .keyword_count = ARRAY_LEN(k)
#define RULE(i, m, a)                                                          \
    .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL,                  \
    .severity = SEVERITY_HIGH, .id = STR_INIT(i), .put = STR_INIT("[" i "]"),  \
    .match = STR_INIT(m), .action = (a)

static const struct str k_key[] = {STR_INIT("KEY-")};
static const struct str k_pem[] = {STR_INIT("--BEGIN")};
static const struct str k_sk[] = {STR_INIT("sk-")};

static const struct rule list[] = {
    {RULE("bomb", "BOMB[0-9]{2,8}", ACTION_BLOCK)},
    {RULE("key", "KEY-[0-9]{6,12}", ACTION_REDACT), KEYS(k_key),
     .keyword_first = true},
    {RULE("fence", "<<[^>]{0,300}>>", ACTION_REDACT)},
    {RULE("sk", "(?<![a-z0-9])sk-[a-z0-9]{8,20}", ACTION_REDACT), KEYS(k_sk),
     .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN},
    {RULE("mail", "[a-z]{1,9}@[a-z]{2,9}", ACTION_REDACT)},
    {RULE("pem", "--BEGIN[^!]{0,9000}?--END", ACTION_REDACT), KEYS(k_pem),
     .keyword_first = true, .max_hold = 10000},
    {RULE("hello", "hello[0-9]{0,8}", ACTION_LOG)},
    {RULE("number", "7734[0-9]{6}", ACTION_REDACT), .digits = 4},
};
#define CALM (list + 1) /* nothing blocks */

/* Of these the text is read in other ways, too, for a while: behind an escape,
 * and from the first word with digits for letters on. */
#define VIEWS                                                                  \
    .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED |         \
             1u << VIEW_LEET | 1u << VIEW_HIDDEN

static const struct str k_ignore[] = {STR_INIT("ignore")};

static const struct rule reads[] = {
    {RULE("pem", "--BEGIN[^!]{0,9000}?--END", ACTION_REDACT), KEYS(k_pem),
     VIEWS, .keyword_first = true, .max_hold = 300},
    {RULE("key", "KEY-[0-9]{6,12}", ACTION_REDACT), KEYS(k_key), VIEWS,
     .keyword_first = true},
    {RULE("ignore", "ignore\\s+(?:all\\s+)?previous", ACTION_REDACT),
     KEYS(k_ignore), VIEWS, .keyword_first = true},
    {RULE("please", "please,? +(?:do +)?(?:hack|hello)", ACTION_REDACT), VIEWS},
    {RULE("sk", "(?<![a-z0-9])sk-[a-z0-9]{8,20}", ACTION_LOG), KEYS(k_sk),
     VIEWS},
    {RULE("unseen", "(?:hidden|in) order \\w*", ACTION_REDACT),
     .views = 1u << VIEW_HIDDEN},
    {RULE("stop", "stop the server", ACTION_BLOCK), VIEWS},
};
#define READS_ON (reads + 1) /* nothing drops what an end mark would end */

static const char *const words[] = {
    "KEY-",
    "123456",
    "123",
    "789",
    "<<",
    ">>",
    "hello",
    "sk-",
    "abcd1234",
    "x",
    "joe",
    "@",
    "example",
    "7734",
    "000001",
    " ",
    " ",
    " ",
    " ",
    "the ",
    "word ",
    "and so on ",
    "\n",
    ". ",
    "\"",
    "\\",
    "\xc3\xa9",
    "\xe6\x97\xa5\xe6\x9c\xac",
    "\xf0\x9f\x98\x80",
    "\u200b",
    "--BEGIN ",
    "--END",
    "BOMB",
    "12",
    "KEY-123456",
    " joe@example ",
    "<<a b>>",
    "sk-abcdefgh1234 ",
};

static const char *const escaped[] = {
    "KEY\\u002d",
    "%4bEY-",
    "K=45Y-12",
    "&#75;EY-",
    "123\\x34",
    "%31%32%33",
    "123456 ",
    "789",
    "ign\\u006fre ",
    "1gnore ",
    "ignor3 ",
    "pr\\x65vious",
    "prev1ous",
    "previous ",
    "all ",
    "please ",
    "plea%73e do ",
    "he1lo ",
    "hell&#111;",
    "h4ck",
    "sk\\55abcd1234efgh",
    "--BEG\\111N ",
    "--BEGIN",
    "--%45ND",
    "--END",
    "stop ",
    "st\\157p the server",
    "the s%65rver",
    "%",
    "\\",
    "\\u00",
    "\\\\",
    "&#",
    "&amp;",
    "=\n",
    "=",
    "41",
    ";",
    "\u200b",
    "\u200b",
    "\xc3\xa9",
    " ",
    " ",
    "l0l ",
    "<b hidden>",
    "</b>",
    " title='",
    "<!--",
    "-->",
    ">",
    "hidden order ",
    "in ",
    "order ",
    "word ",
    "the quick brown fox jumps over it ",
};

/* ---- Channels ------------------------------------------------------------ */

struct kind {
    const char *provider, *head, *tail;
    bool json;
};

static const struct kind kinds[] = {
    {"openai-chat", "{\"choices\":[{\"index\":%u,\"delta\":{\"content\":\"",
     "}}]}", false},
    {"openai-chat",
     "{\"choices\":[{\"index\":%u,\"delta\":{\"reasoning_content\":\"", "}}]}",
     false},
    {"openai-chat", "{\"choices\":[{\"delta\":{\"refusal\":\"",
     "},\"index\":%u}]}", false},
    {"openai-chat",
     "{\"choices\":[{\"index\":200,\"delta\":{\"tool_calls\":[{\"index\":%u,"
     "\"function\":{\"arguments\":\"",
     "}}]}}]}", true},
    {"openai-chat",
     "{\"choices\":[{\"index\":201,\"delta\":{\"tool_calls\":[{\"index\":%u,"
     "\"custom\":{\"input\":\"",
     "}}]}}]}", false},
    {"anthropic",
     "{\"type\":\"content_block_delta\",\"index\":%u,\"delta\":{\"type\":"
     "\"text_delta\",\"text\":\"",
     "}}", false},
    {"anthropic",
     "{\"type\":\"content_block_delta\",\"index\":%u,\"delta\":{\"type\":"
     "\"thinking_delta\",\"thinking\":\"",
     "}}", false},
    {"anthropic",
     "{\"type\":\"content_block_delta\",\"index\":%u,\"delta\":{\"type\":"
     "\"input_json_delta\",\"partial_json\":\"",
     "}}", true},
    {"openai-responses",
     "{\"type\":\"response.output_text.delta\",\"output_index\":%u,"
     "\"content_index\":0,\"delta\":\"",
     "}", false},
    {"openai-responses",
     "{\"type\":\"response.reasoning_summary_text.delta\",\"summary_index\":%u,"
     "\"delta\":\"",
     "}", false},
    {"openai-responses",
     "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":%u,"
     "\"delta\":\"",
     "}", true},
    {"gemini",
     "{\"candidates\":[{\"index\":%u,\"content\":{\"parts\":[{"
     "\"text\":\"",
     "}]}}]}", false},
    {"gemini",
     "{\"candidates\":[{\"content\":{\"parts\":[{\"thought\":true,"
     "\"text\":\"",
     "}]},\"index\":%u}]}", false},
    {"bedrock", "{\"contentBlockIndex\":%u,\"delta\":{\"text\":\"", "}}",
     false},
    {"bedrock",
     "{\"contentBlockIndex\":%u,\"delta\":{\"toolUse\":{\"input\":\"", "}}}",
     true},
};

/* What says that a text is over, which may go on all the same. */
static const struct {
    const char *provider, *event;
} ends[] = {
    {"openai-chat", "{\"choices\":[{\"index\":%u,\"delta\":{},"
                    "\"finish_reason\":\"stop\"}]}"},
    {"anthropic", "{\"type\":\"content_block_stop\",\"index\":%u}"},
    {"openai-responses",
     "{\"type\":\"response.output_item.done\",\"output_index\":%u}"},
    {"gemini", "{\"candidates\":[{\"index\":%u,\"finishReason\":\"STOP\"}]}"},
    {"bedrock", "{\":event-type\":\"contentBlockStop\","
                "\"contentBlockIndex\":%u}"},
};

struct chan {
    const struct kind *kind;
    unsigned index;
    struct buf text, wire; /* all it is to say, and as its strings have it */
    struct buf got;        /* what has left, as its strings have it        */
    size_t sent;           /* bytes of wire                                */
    bool filler;
    bool viewed; /* with escapes, and rules that read them       */
};

/* A character more in a text, and as it is written in JSON in a string. */
static size_t char_len(struct str s)
{
    size_t n = 1;

    while (n < s.len && ((unsigned char)s.ptr[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void put_json(struct buf *to, struct str text)
{
    if (json_put(to, text))
        exit(1);
}

/* The strings of a text; `closed`: so many of the two bytes at the end. */
static void write_wire(const struct chan *c, struct str text, size_t closed,
                       struct buf *to)
{
    if (!c->kind->json) {
        put(to, text);
        return;
    }
    put(to, STR("[\""));
    put_json(to, text);
    put(to, str_head(STR("\"]"), closed));
}

/* How much of the text has been said. */
static struct str said(const struct chan *c)
{
    struct str text = buf_str(&c->text);
    struct buf one;
    size_t at = 0, wire = 2, n;

    if (!c->kind->json || c->sent >= c->wire.len - 2)
        return str_head(text, c->kind->json ? text.len : c->sent);
    buf_init(&one, 64);
    for (;; at += n) {
        n = char_len(str_skip(text, at));
        buf_clear(&one);
        put_json(&one, str_head(str_skip(text, at), n));
        wire += one.len;
        if (at == text.len || wire > c->sent)
            break;
    }
    buf_free(&one);
    return str_head(text, at);
}

static const char *next_word(bool viewed)
{
    return viewed ? escaped[rnd(ARRAY_LEN(escaped))]
                  : words[rnd(ARRAY_LEN(words))];
}

static void chan_open(struct chan *c, const struct kind *kind, unsigned index,
                      bool filler, bool viewed)
{
    size_t n = filler ? 0 : 1 + rnd(60);

    *c = (struct chan){
        .kind = kind, .index = index, .filler = filler, .viewed = viewed};
    buf_init(&c->text, MIB);
    buf_init(&c->wire, MIB);
    buf_init(&c->got, MIB);
    for (size_t i = 0; i < n; i++) {
        put(&c->text, str_of(next_word(viewed)));
        for (size_t long_word = rnd(150) == 0 ? rnd(700) : 0; long_word > 0;
             long_word--)
            put(&c->text, rnd(9) == 0 ? STR("a ") : STR("ordinary"));
    }
    write_wire(c, buf_str(&c->text), 2, &c->wire);
}

static void chan_close(struct chan *c)
{
    buf_free(&c->text);
    buf_free(&c->wire);
    buf_free(&c->got);
}

/* ---- A conversation ------------------------------------------------------ */

struct talk {
    struct rules *rules;
    struct delta *d;
    struct chan chans[CHANNELS + 1]; /* the last one fills */
    size_t count;
    struct chan **order; /* of the events, owned */
    size_t put, left, cap;
    struct buf raw;
    struct json_doc doc;
    bool blocked;
    enum err e;
};

static struct providers *all;
static struct scratch *scratch;

/* The one string with a text in an event that left. */
static void take_event(struct talk *t, struct str bytes)
{
    struct chan *c = t->order[t->left++];
    struct str head = str_of(c->kind->head), key;
    size_t at = head.len - 3;

    if (bytes.len == 0)
        return;
    while (head.ptr[at - 1] != '"')
        at--;
    key = (struct str){head.ptr + at, head.len - 3 - at};
    bytes = str_head(str_skip(bytes, 6), bytes.len - 8);
    if (!CHECK_INT(json_parse(&t->doc, bytes), OK))
        return;
    for (uint32_t i = 0; i + 1 < t->doc.count; i++)
        if (t->doc.nodes[i].type == JSON_KEY &&
            t->doc.nodes[i + 1].type == JSON_STRING &&
            str_eq(json_raw(&t->doc, i), key))
            CHECK_INT(json_text_buf(json_raw(&t->doc, i + 1), &c->got), OK);
}

static void take_all(struct talk *t)
{
    struct delta_out o;

    while (delta_next(t->d, &o) == OK) {
        CHECK(!t->blocked);
        take_event(t, o.bytes);
        t->blocked = o.block != NULL;
    }
}

/* Bounds: what is held, what is kept of texts, what is judged twice. */
static void check_bounds(const struct talk *t)
{
    uint64_t past = 0;

    for (size_t i = 0; i < t->d->channel_count; i++)
        past += t->d->channels[i]->past.len;
    CHECK(delta_held(t->d) <= LIM_HELD_RAW);
    CHECK(past <= 4 * (LIM_PAST * t->d->channel_count + LIM_HELD_RAW));
    CHECK(t->d->again <= LIM_AGAIN * t->d->fed);
}

/* What stands around a text, with its channel's index. */
static void put_half(struct buf *to, struct str half, unsigned index)
{
    size_t at = str_find(half, STR("%u"));

    put(to, str_head(half, at));
    if (at < half.len && buf_add_u64(to, index))
        exit(1);
    put(to, str_skip(half, at + 2));
}

/* The event in t->raw, of this channel. */
static void put_event(struct talk *t, struct chan *c)
{
    struct delta_event ev = {0};

    put(&t->raw, STR("\n\n"));
    if (t->put == t->cap) {
        t->cap = t->cap == 0 ? 1024 : 2 * t->cap;
        t->order = realloc(t->order, t->cap * sizeof(*t->order));
        if (t->order == NULL)
            exit(1);
    }
    t->order[t->put++] = c;
    ev.raw = buf_str(&t->raw);
    ev.data = str_head(str_skip(ev.raw, 6), ev.raw.len - 8);
    t->e = delta_put(t->d, &ev);
    take_all(t);
}

/* One event with the next bytes of a channel, and blanks. */
static void say(struct talk *t, struct chan *c, struct str piece, size_t blanks)
{
    buf_clear(&t->raw);
    put(&t->raw, STR("data: "));
    put_half(&t->raw, str_of(c->kind->head), c->index);
    put_json(&t->raw, piece);
    put(&t->raw, STR("\""));
    for (size_t i = 0; i < blanks; i++)
        put(&t->raw, STR("                "));
    put_half(&t->raw, str_of(c->kind->tail), c->index);
    put_event(t, c);
}

static void say_end(struct talk *t, struct chan *c)
{
    size_t i = 0;

    while (strcmp(ends[i].provider, c->kind->provider) != 0)
        i++;
    buf_clear(&t->raw);
    put(&t->raw, STR("data: "));
    put_half(&t->raw, str_of(ends[i].event), c->index);
    put_event(t, c);
}

static bool goes_on(const struct talk *t)
{
    return t->e == OK && !t->blocked;
}

static void say_next(struct talk *t, struct chan *c, uint32_t most)
{
    struct str left = str_skip(buf_str(&c->wire), c->sent);
    size_t n = 1 + rnd(most);

    while (n < left.len && ((unsigned char)left.ptr[n] & 0xc0) == 0x80)
        n++;
    left = str_head(left, n);
    if (left.len == 0)
        return;
    c->sent += left.len;
    say(t, c, left, 0);
}

/* Others go by, until what waits no longer does, or for long. */
static void others_go_by(struct talk *t)
{
    struct chan *c = &t->chans[t->count];
    size_t blanks = 100 + rnd(3000);

    if (delta_held(t->d) > LIM_HELD_RAW / 2)
        return;
    for (size_t n = 0; n < LIM_HELD_RAW / 3 && goes_on(t); n += 16 * blanks) {
        put(&c->text, STR(". "));
        put(&c->wire, STR(". "));
        c->sent += 2;
        say(t, c, STR(". "), blanks);
        if (delta_held(t->d) == 0)
            break;
    }
}

static void open_with(struct talk *t, struct rules *rules, const char *provider)
{
    struct delta_config config = {
        .provider = llm_provider(all, provider),
        .rules = rules,
        .scratch = scratch,
    };

    *t = (struct talk){.rules = rules};
    buf_init(&t->raw, MIB);
    json_doc_init(&t->doc);
    if (delta_new(&config, &t->d))
        exit(1);
}

static void open_talk(struct talk *t, struct rules *rules, bool viewed)
{
    const struct kind *first = &kinds[rnd(ARRAY_LEN(kinds))];
    size_t from = 0, to = ARRAY_LEN(kinds);

    open_with(t, rules, first->provider);
    while (strcmp(kinds[from].provider, first->provider) != 0)
        from++;
    while (strcmp(kinds[to - 1].provider, first->provider) != 0)
        to--;
    t->count = 1 + rnd(rnd(4) == 0 ? CHANNELS : 6);
    for (size_t i = 0; i < t->count; i++)
        chan_open(&t->chans[i], &kinds[from + rnd(to - from)], (unsigned)i,
                  false, viewed);
    chan_open(&t->chans[t->count], &kinds[from], 99, true, viewed);
}

static void close_talk(struct talk *t)
{
    for (size_t i = 0; i <= t->count; i++)
        chan_close(&t->chans[i]);
    delta_free(t->d);
    free(t->order);
    buf_free(&t->raw);
    json_doc_free(&t->doc);
}

/* ---- What must have left ------------------------------------------------- */

static const struct scope answer = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

/* What leaves of a whole text; is the rest blocked? */
static bool judge_whole(struct rules *rules, struct str text, struct buf *out)
{
    size_t pos = 0, from = 0;
    bool blocked = false;
    struct findings f;
    struct cluster cl;

    findings_init(&f);
    CHECK_INT(rules_scan(rules, scratch, &answer, text, 0, &f), OK);
    while (!blocked && cluster_next(rules, f.list, f.count, &pos, &cl)) {
        put(out, (struct str){text.ptr + from, cl.start - from});
        from = cl.end;
        blocked = cl.action == ACTION_BLOCK;
        put(out, blocked ? STR("") : cl.rule->put);
    }
    if (!blocked)
        put(out, str_skip(text, from));
    findings_free(&f);
    return blocked;
}

/* The same of a stream: how many escapes there are does not count in it. */
static bool judge_stream(struct rules *rules, struct str text, struct buf *out)
{
    bool blocked = false;
    struct stream_edit ed;
    struct stream *st;
    uint64_t from = 0;

    if (stream_new(rules, scratch, &answer, &st))
        exit(1);
    CHECK_INT(stream_take(st, text), OK);
    CHECK_INT(stream_flush(st), OK);
    while (!blocked && stream_next(st, &ed)) {
        put(out, (struct str){text.ptr + from, ed.start - from});
        from = ed.end;
        blocked = ed.action == ACTION_BLOCK;
        put(out, blocked ? STR("") : ed.put);
    }
    if (!blocked)
        put(out, str_skip(text, from));
    stream_free(st);
    return blocked;
}

/* What is redacted in one may be so in two, where the text rested in it. */
static void unite(struct buf *text)
{
    size_t to = 0;

    for (size_t at = 0; at < text->len; at++) {
        if (to > 0 && text->ptr[to - 1] == ']' && text->ptr[at] == '[')
            at += str_find_byte(str_skip(buf_str(text), at), ']');
        else
            text->ptr[to++] = text->ptr[at];
    }
    text->len = to;
}

/* As it leaves where all of it is judged at once. */
static void judge(struct rules *rules, const struct chan *c, struct str text,
                  struct buf *ret)
{
    size_t before = c->wire.len - 2, closed = 0;
    struct buf out;
    bool blocked;

    buf_init(&out, MIB);
    blocked = (c->viewed ? judge_stream : judge_whole)(rules, text, &out);
    buf_clear(ret);
    if (text.len == c->text.len && !blocked && c->sent > before)
        closed = c->sent - before;
    write_wire(c, buf_str(&out), closed, ret);
    unite(ret);
    buf_free(&out);
}

/* Of some beginning of the text. */
static bool left_of_some(struct rules *rules, const struct chan *c,
                         struct str text)
{
    struct str got = buf_str(&c->got);
    struct buf want;
    bool good = false;

    if (c->kind->json && str_ends(got, STR("\\"))) /* half an escape */
        got.len--;
    buf_init(&want, MIB);
    for (size_t n = text.len + 1; n-- > 0 && !good;) {
        if (n < text.len && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
            continue;
        judge(rules, c, str_head(text, n), &want);
        good = str_starts(buf_str(&want), got);
    }
    buf_free(&want);
    return good;
}

/* Some words of a text that has rested still wait behind those of another: they
 * count as words that left. */
static bool some_wait(const struct delta *d)
{
    for (const struct event *ev = d->held.head; ev != NULL; ev = ev->next)
        for (size_t i = 0; i < ev->piece_count; i++)
            if (ev->pieces[i].start < ev->pieces[i].chan->rested)
                return true;
    return false;
}

static void check_talk(struct talk *t)
{
    bool late = false;
    struct buf want;

    buf_init(&want, MIB);
    for (size_t i = 0; i <= t->count; i++) {
        struct chan *c = &t->chans[i];
        struct str text = said(c);

        if (t->left == 0 || c->sent == 0)
            continue;
        unite(&c->got);
        judge(t->rules, c, text, &want);
        if (goes_on(t)) {
            CHECK_EQ(buf_str(&c->got), buf_str(&want));
            continue;
        }
        if (str_starts(buf_str(&want), buf_str(&c->got)))
            continue;
        late = true;
        if (!CHECK(left_of_some(t->rules, c, text))) {
            check_show("got ", buf_str(&c->got));
            check_show("want", buf_str(&want));
        }
    }
    if (t->e != OK)
        CHECK_INT(t->e, E_LIMIT);
    late |= delta_held(t->d) + t->raw.len > LIM_HELD_RAW || some_wait(t->d);
    if (t->e != OK && !t->blocked)
        CHECK(late);
    buf_free(&want);
}

/* ---- At random ----------------------------------------------------------- */

static size_t rounds = 150; /* or as many as the command says */
static size_t ended[3];     /* well, by a block, too late */

static void round_of(struct rules *rules, bool viewed, bool ends_said)
{
    uint32_t most = 1 + rnd(40), pause = 20 + rnd(200);
    bool turns = rnd(3) == 0;
    size_t turn = 0, open = 1;
    static struct talk t;

    open_talk(&t, rules, viewed);
    while (open > 0 && goes_on(&t)) {
        size_t i = turns ? turn++ % t.count : rnd(t.count);

        for (uint32_t n = turns ? 1 : 1 + rnd(8); n > 0 && goes_on(&t); n--)
            say_next(&t, &t.chans[i], most);
        if (rnd(pause) == 0)
            others_go_by(&t);
        if (rnd(2 * pause) == 0 && ends_said && !t.chans[i].kind->json &&
            goes_on(&t))
            say_end(&t, &t.chans[i]);
        open = 0;
        for (i = 0; i < t.count; i++)
            open += t.chans[i].sent < t.chans[i].wire.len;
        check_bounds(&t);
    }
    if (goes_on(&t))
        t.e = delta_end(t.d);
    take_all(&t);
    check_talk(&t);
    ended[t.blocked ? 1 : t.e != OK ? 2 : 0]++;
    close_talk(&t);
}

static void test_random(void)
{
    struct rules *some = llm_rules(list, ARRAY_LEN(list));
    struct rules *calm = llm_rules(CALM, ARRAY_LEN(list) - 1);
    struct rules *drop = llm_rules(reads, ARRAY_LEN(reads));
    struct rules *on = llm_rules(READS_ON, ARRAY_LEN(reads) - 1);
    char name[32];

    for (size_t i = 0; i < rounds; i++) {
        snprintf(name, sizeof(name), "round %zu", i);
        CHECK_ROW(name);
        round_of(i % 3 == 0 ? some : calm, false, true);
        round_of(i % 3 == 0 ? drop : on, true, i % 3 != 0);
        if (check_state.failures > 3)
            break;
    }
    CHECK_ROW(NULL);
    for (size_t i = 0; i < ARRAY_LEN(ended); i++)
        CHECK(ended[i] > 0);
    rules_free(some);
    rules_free(calm);
    rules_free(drop);
    rules_free(on);
}

/* A long text that is said to be over behind each word. */
static void test_again(void)
{
    struct rules *calm = llm_rules(CALM, ARRAY_LEN(list) - 1);
    static struct talk t;
    struct buf text;

    open_with(&t, calm, kinds[0].provider);
    chan_open(&t.chans[0], &kinds[0], 0, true, false);
    buf_init(&text, MIB);
    while (text.len < 3 * LIM_PAST)
        put(&text, STR("word word "));
    say(&t, &t.chans[0], buf_str(&text), 0);
    for (size_t turn = 0; turn < 100; turn++) {
        say(&t, &t.chans[0], STR("KEY-"), 0);
        say_end(&t, &t.chans[0]);
        CHECK_INT(t.left, t.put);
        say(&t, &t.chans[0], STR("x "), 0);
        check_bounds(&t);
    }
    CHECK(t.d->again > t.d->fed);
    CHECK_INT(t.e, OK);
    buf_free(&text);
    close_talk(&t);
    rules_free(calm);
}

/* What its beginning told of how a text is written counts when it goes on. */
static void test_respelled(void)
{
    struct rules *on = llm_rules(READS_ON, ARRAY_LEN(reads) - 1);
    static struct talk t;
    struct buf text;
    struct str got;

    open_with(&t, on, kinds[0].provider);
    chan_open(&t.chans[0], &kinds[0], 0, true, true);
    buf_init(&text, MIB);
    put(&text, STR("say l0l and "));
    while (text.len < 5 * LIM_PAST)
        put(&text, STR("word word "));
    say(&t, &t.chans[0], buf_str(&text), 0);
    say(&t, &t.chans[0], STR("KEY-"), 0);
    say_end(&t, &t.chans[0]);
    CHECK_INT(t.left, t.put);
    say(&t, &t.chans[0], STR("x and ignor3 previous ones"), 0);
    CHECK_INT(delta_end(t.d), OK);
    take_all(&t);
    got = buf_str(&t.chans[0].got);
    CHECK_EQ(str_skip(got, text.len), STR("KEY-x and [ignore] ones"));
    buf_free(&text);
    close_talk(&t);
    rules_free(on);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = strtoul(argv[1], NULL, 10);
    all = llm_providers(NULL, 0);
    if (all == NULL || scratch_new(&scratch))
        return 1;
    RUN(test_random);
    RUN(test_again);
    RUN(test_respelled);
    scratch_free(scratch);
    providers_free(all);
    return check_done();
}
