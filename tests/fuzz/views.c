#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "rules/stream.h"

/*
 * Views of hostile texts. Whatever the text: a finding stands on whole
 * characters of it, the same text has the same findings, and a stream of it
 * gives the same however it is cut. A byte that is part of no character makes
 * the input a shorter one.
 */

#define ALL     .dirs = DIRS_ALL, .roles = ROLES_ALL, .parts = PARTS_ALL
#define KEYS(k) .keywords = (k), .keyword_count = ARRAY_LEN(k)

static const struct str k_key[] = {STR_INIT("key")};
static const struct str k_ignore[] = {STR_INIT("ignore")};

static const struct rule list[] = {
    {ALL, .action = ACTION_REDACT, .put = STR_INIT("[1]"),
     .match = STR_INIT("key[a-z]{2,9}"), KEYS(k_key), .keyword_first = true,
     .views = 1u << VIEW_TEXT | 1u << VIEW_CLEAN | 1u << VIEW_DECODED},
    {ALL, .action = ACTION_REDACT, .put = STR_INIT("[2]"),
     .match = STR_INIT("(?i)ignore\\s{1,3}all"), KEYS(k_ignore),
     .keyword_first = true, .views = VIEWS_ALL},
    {ALL, .action = ACTION_LOG, .match = STR_INIT("\\d(?:[ -]?\\d){3,8}"),
     .digits = 4, .views = VIEWS_ALL},
    {ALL, .action = ACTION_REDACT, .put = STR_INIT("[4]"),
     .match = STR_INIT("[a-z]{2}"), .views = 1u << VIEW_HIDDEN},
    {ALL, .action = ACTION_REDACT, .put = STR_INIT("[5]"),
     .detector = DETECTOR_HIDDEN_RUN, .options = {8}},
    {ALL, .action = ACTION_LOG, .detector = DETECTOR_BIDI},
    {ALL, .action = ACTION_LOG, .detector = DETECTOR_ZALGO, .options = {5},
     .whole = true},
};

static const struct scope at = {.dir = DIR_RECV, .role = ROLE_ASSISTANT};

static struct {
    struct buf packed;
    struct rules *rs;
    struct scratch *sc;
    struct findings a, b;
    struct buf out, other;
} f;

static void need(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void open_once(void)
{
    if (f.rs != NULL)
        return;
    buf_init(&f.packed, MIB);
    buf_init(&f.out, 16 * MIB);
    buf_init(&f.other, 16 * MIB);
    need(!rules_pack(list, ARRAY_LEN(list), NULL, 0, &f.packed) &&
         !rules_load(buf_str(&f.packed), false, &f.rs) && !scratch_new(&f.sc));
}

static bool on_border(struct str text, uint64_t i)
{
    return i == text.len || ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
}

static void check_whole(struct str text)
{
    findings_clear(&f.a);
    findings_clear(&f.b);
    if (rules_scan(f.rs, f.sc, &at, text, 0, &f.a) != OK)
        return; /* too much was found */
    need(!rules_scan(f.rs, f.sc, &at, text, 0, &f.b));
    need(f.a.count == f.b.count && f.a.capped == f.b.capped);
    for (size_t i = 0; i < f.a.count; i++) {
        const struct finding *x = &f.a.list[i], *y = &f.b.list[i];

        need(x->start < x->end && x->end <= text.len);
        need(on_border(text, x->start) && on_border(text, x->end));
        need(i == 0 || x[-1].start <= x->start);
        need(x->rule == y->rule && x->start == y->start && x->end == y->end &&
             !memcmp(&x->chain, &y->chain, sizeof(x->chain)));
    }
}

static void drain(struct stream *st, struct str text, uint64_t *done,
                  struct buf *out)
{
    struct stream_edit edit;

    while (stream_next(st, &edit)) {
        need(edit.start >= *done && edit.end <= stream_safe(st));
        need(on_border(text, edit.start) && on_border(text, edit.end));
        need(!buf_add(out, str_head(str_skip(text, *done),
                                    (size_t)(edit.start - *done))));
        need(!buf_add(out, edit.put));
        *done = edit.end;
    }
    need(stream_safe(st) >= *done);
    need(!buf_add(out, str_head(str_skip(text, *done),
                                (size_t)(stream_safe(st) - *done))));
    *done = stream_safe(st);
}

/* In pieces of up to `step` bytes; without edits, unchanged. */
static bool stream_run(struct str text, size_t step, struct buf *out)
{
    struct stream *st;
    uint64_t done = 0;
    enum err e;

    buf_clear(out);
    need(!stream_new(f.rs, f.sc, &at, &st));
    for (size_t i = 0; i < text.len; i += step) {
        if ((e = stream_take(st, str_head(str_skip(text, i), step))))
            break;
        drain(st, text, &done, out);
    }
    e = stream_flush(st);
    if (!e)
        drain(st, text, &done, out);
    stream_free(st);
    return !e;
}

static void check_stream(struct str text, size_t step)
{
    if (!stream_run(text, 1, &f.out) || !stream_run(text, step, &f.other))
        return;
    need(str_eq(buf_str(&f.out), buf_str(&f.other)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data + 1, size - 1};
    size_t n = 0, len;

    if (size < 2)
        return 0;
    open_once();
    while (n < text.len && (len = utf8_char(str_skip(text, n))) != 0)
        n += len;
    text.len = n;
    check_whole(text);
    check_stream(text, 1 + data[0] % 61);
    return 0;
}
