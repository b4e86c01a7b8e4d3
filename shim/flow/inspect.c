#include "flow/inspect.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "flow/about.h"
#include "flow/attached.h"
#include "flow/gathered.h"
#include "flow/joined.h"
#include "flow/mask.h"
#include "flow/plant.h"
#include "flow/restore.h"
#include "llm/guess.h"
#include "rules/rule.h"

enum err tools_init(struct tools *t, const struct engine *eng)
{
    enum err e;

    *t = (struct tools){0};
    json_doc_init(&t->doc);
    json_doc_init(&t->numbers);
    memcpy(t->doc.seed, eng->key, sizeof(t->doc.seed));
    view_init(&t->view);
    arena_init(&t->arena, LIM_VIEW_ARENA);
    arena_init(&t->puts, LIM_VIEW_ARENA);
    findings_init(&t->findings);
    buf_init(&t->clean, 2 * (size_t)LIM_HEAD_LINE);
    opener_init(&t->opener);
    buf_init(&t->opened, LIM_DECODED);
    if ((e = scratch_new(&t->scratch)))
        return e;
    scratch_key(t->scratch, eng->key);
    return OK;
}

void tools_free(struct tools *t)
{
    scratch_free(t->scratch);
    json_doc_free(&t->doc);
    json_doc_free(&t->numbers);
    view_free(&t->view);
    arena_free(&t->arena);
    arena_free(&t->puts);
    findings_free(&t->findings);
    prompt_free(&t->said);
    joined_free(t);
    gathered_free(t);
    buf_free(&t->clean);
    opener_free(&t->opener);
    buf_wipe_free(&t->opened);
    free(t->edits);
    *t = (struct tools){0};
}

enum err inspect_edit(struct tools *t, const struct inspect *in, struct span at,
                      struct str put)
{
    at.off += (uint32_t)in->base; /* bodies have at most LIM_DECODED bytes */
    if (t->edit_count == t->edit_cap) {
        size_t cap = t->edit_cap == 0 ? 16 : t->edit_cap * 2;
        struct edit *more = realloc(t->edits, cap * sizeof(*more));

        if (more == NULL)
            return E_NOMEM;
        t->edits = more;
        t->edit_cap = cap;
    }
    t->edits[t->edit_count++] = (struct edit){at, put};
    return OK;
}

/* What changes a text, as edits of the body. Of a number all goes. */
static enum err take_changes(struct tools *t, const struct inspect *in,
                             const struct seg *seg, struct exchange *ex)
{
    struct changes changes =
        changes_start(t, in, seg->text, seg->role, seg->part);
    struct seg_map map = seg_map_start(seg, in->body);
    struct change change;
    bool done = false;
    struct str put;
    enum err e;

    while (!done && changes_next(&changes, &change)) {
        if (change.action == ACTION_BLOCK)
            continue; /* the verdict has it */
        mask_note(in, &change, seg, ex);
        done = seg->number;
        if (done)
            change.start = 0, change.end = seg->text.len;
        if ((e = mask_put(t, in, &change, seg->text, done, ex, &put)))
            return e;
        if (put.ptr == NULL)
            continue;
        t->redactions++;
        e = inspect_edit(t, in, seg_map_span(&map, change.start, change.end),
                         put);
        if (e)
            return e;
    }
    return t->sought > LIM_VAULT_WORK ? E_LIMIT : OK;
}

void inspect_note(const struct tools *t, const struct scope *scope,
                  struct str text, struct exchange *ex)
{
    const struct findings *f = &t->findings;
    bool seen = f->count > 0 && scope->dir == DIR_SEND &&
                seen_before(ex->eng->seen, scope, text, ex->number);

    for (size_t i = 0; i < f->count; i++)
        if (seen)
            exchange_finding_again(ex, &f->list[i], scope);
        else
            exchange_finding(ex, &f->list[i], scope);
}

static enum err scan_seg(struct tools *t, const struct inspect *in,
                         const struct seg *seg, struct exchange *ex)
{
    bool restored;
    struct scope scope = {in->dir, seg->role, seg->part, in->host, &ex->known};
    enum err e;

    findings_clear(&t->findings);
    scratch_parts(t->scratch, in->dir == DIR_SEND ? seg->text : STR(""));
    e = rules_scan(in->eng->rules, t->scratch, &scope, seg->text, 0,
                   &t->findings);
    if (e)
        return e;
    if (t->findings.capped)
        exchange_cond(ex, COND_DECODE_CAPPED, NULL);
    inspect_note(t, &scope, seg->text, ex);
    if ((e = take_changes(t, in, seg, ex)) ||
        (e = restore_seg(t, in, seg, ex, &restored)))
        return e;
    t->unsorted |= restored;
    return OK;
}

/* Errors of this stage are those of rules: a limit is a rule's limit. */
static enum err scan_item(struct tools *t, const struct inspect *in,
                          const struct view_item *item, struct exchange *ex)
{
    enum err e;

    switch (item->kind) {
    case ITEM_TEXT:
        news_add(ex->news, &ex->news_count, item->unknown);
        if (in->dir == DIR_SEND && item->seg.part != PART_KEY)
            ex->quarters[DIR_SEND] += tokens_quarters(item->seg.text);
        if ((e = scan_seg(t, in, &item->seg, ex)))
            return e;
        e = joined_text(t, in, &item->seg, ex);
        return e ? e : gathered_text(t, in, &item->seg, ex);
    case ITEM_FACT:
        exchange_fact(ex, in->dir, item->fact, item->value);
        return OK;
    case ITEM_BLANK:
        return inspect_edit(t, in, item->seg.raw, item->value);
    case ITEM_TYPE:
        news_add(ex->news, &ex->news_count, item->value);
        return OK;
    case ITEM_MEDIA:
        exchange_media(ex, item->value);
        return attached_scan(t, in, item, ex);
    case ITEM_END:
        return OK;
    }
    return E_INTERNAL;
}

/* The answer will be compared with what its request was told. */
static enum err note_prompt(struct tools *t, const struct inspect *in,
                            const struct view_item *item)
{
    return in->dir == DIR_SEND && item->kind == ITEM_TEXT &&
                   rules_use(in->eng->rules, DETECTOR_PROMPT)
               ? prompt_note(&t->said, &item->seg)
               : OK;
}

static bool is_skipped(const struct inspect *in, struct span at)
{
    return at.off >= in->skip.off && at.off < in->skip.off + in->skip.len;
}

static void inspect_json(struct tools *t, const struct inspect *in,
                         struct exchange *ex)
{
    enum view_phase what = in->dir == DIR_SEND ? VIEW_REQUEST : VIEW_RESPONSE;
    struct view_item item;
    enum err e;

    if ((e = json_parse(&t->doc, in->body))) {
        exchange_cond(ex, cond_of(e, COND_JSON_INVALID, COND_JSON_INVALID),
                      t->doc.why);
        return;
    }
    about_document(t, in, ex);
    arena_clear(&t->arena);
    joined_begin(t, in);
    gathered_begin(t);
    e = view_start(&t->view, in->provider ? in->provider : ex->provider, what,
                   &t->doc, &t->arena);
    while (!e && (e = view_next(&t->view, &item)) == OK) {
        if (is_skipped(in, item.seg.raw))
            continue;
        if ((e = note_prompt(t, in, &item)) ||
            (e = scan_item(t, in, &item, ex)) ||
            (e = plant_after(t, in, &item))) {
            exchange_cond(ex, cond_of(e, COND_RULE_ERROR, COND_RULE_ERROR),
                          NULL);
            return;
        }
    }
    if (e != E_AGAIN)
        exchange_cond(ex, cond_of(e, COND_JSON_INVALID, COND_JSON_INVALID),
                      "a key that is known but for its case");
    gathered_end(t, in);
    if (in->dir == DIR_SEND && (e = prompt_learn(&t->said, ex)))
        exchange_cond(ex, cond_of(e, COND_INTERNAL, COND_INTERNAL), NULL);
}

/* The same text, byte for byte, but for those that are part of no character:
 * what passes all the same is judged as well as it can be. */
static enum err utf8_stand_in(struct tools *t, struct str *text)
{
    struct str copy;
    char *p;
    enum err e;

    arena_clear(&t->arena);
    if ((e = arena_copy(&t->arena, *text, &copy)))
        return e;
    *text = copy;
    while (copy.len > 0) {
        size_t n = utf8_char(copy);

        if (n == 0) {
            p = (char *)(uintptr_t)copy.ptr;
            *p = '?';
            n = 1;
        }
        copy = str_skip(copy, n);
    }
    return OK;
}

static void inspect_text(struct tools *t, const struct inspect *in,
                         struct exchange *ex)
{
    struct seg seg = {
        .text = in->body,
        .raw = {0, (uint32_t)in->body.len},
        .role = in->dir == DIR_SEND ? ROLE_USER : ROLE_ASSISTANT,
        .part = in->part,
    };
    enum err e;

    if (!utf8_valid(in->body)) {
        exchange_cond(
            ex, in->dir == DIR_SEND ? COND_BODY_UNKNOWN : COND_RESPONSE_UNKNOWN,
            "not UTF-8");
        if (exchange_blocked(ex))
            return;
        if ((e = utf8_stand_in(t, &seg.text))) {
            exchange_cond(ex, cond_of(e, COND_INTERNAL, COND_INTERNAL), NULL);
            return;
        }
    }
    gathered_begin(t);
    if ((e = scan_seg(t, in, &seg, ex)) || (e = gathered_text(t, in, &seg, ex)))
        exchange_cond(ex, cond_of(e, COND_RULE_ERROR, COND_RULE_ERROR), NULL);
    gathered_end(t, in);
}

void inspect_begin(struct tools *t)
{
    t->edit_count = 0;
    t->redactions = 0;
    t->sought = 0;
    t->spare = LIM_SCAN_LEAST;
    t->planted = false;
    t->unsorted = false;
    arena_clear(&t->puts);
}

void inspect_body(struct tools *t, const struct inspect *in,
                  struct exchange *ex)
{
    inspect_begin(t);
    inspect_more(t, in, ex);
}

void inspect_more(struct tools *t, const struct inspect *in,
                  struct exchange *ex)
{
    size_t edits = t->edit_count, redactions = t->redactions;

    prompt_clear(&t->said); /* of the document before, which is gone */
    if (in->body.len == 0)
        return;
    scratch_share(t->scratch, &t->spare);
    if (in->json)
        inspect_json(t, in, ex);
    else
        inspect_text(t, in, ex);
    scratch_share(t->scratch, NULL);
    if (t->redactions == redactions) /* what is only blanked stays as it is */
        t->edit_count = edits;
    if (t->unsorted)
        inspect_sort(t);
}

static int edit_order(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;

    return (x->at.off > y->at.off) - (x->at.off < y->at.off);
}

void inspect_sort(struct tools *t)
{
    if (t->edit_count > 1)
        qsort(t->edits, t->edit_count, sizeof(*t->edits), edit_order);
}
