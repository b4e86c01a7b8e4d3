#include "flow/attached.h"

#include "base/utf8.h"
#include "detect/base64.h"
#include "flow/mask.h"
#include "llm/base64.h"
#include "rules/rule.h"

/* The text that the base64 stands for; false if it is none. */
static enum err decode(struct tools *t, struct str coded, struct str *ret_text,
                       bool *ret)
{
    void *room;
    size_t n;
    enum err e;

    *ret = false;
    if (!begins_as_text(coded))
        return OK;
    if ((e = arena_take(&t->arena, coded.len / 4 * 3 + 3, &room)))
        return e;
    if (!base64_decode(coded, room, coded.len / 4 * 3 + 3, &n))
        return OK;
    *ret_text = (struct str){room, n};
    *ret = n > 0 && is_text_bytes(*ret_text) && utf8_valid(*ret_text);
    return OK;
}

/* The text without what has to go; *ret_changed if something has. */
static enum err redacted(struct tools *t, const struct inspect *in,
                         struct str text, struct exchange *ex, struct buf *out,
                         bool *ret_changed)
{
    struct changes changes = changes_start(t, in, text, ROLE_USER, PART_FILE);
    struct change c;
    struct str put;
    size_t from = 0;
    enum err e;

    *ret_changed = false;
    while (changes_next(&changes, &c)) {
        if (c.action == ACTION_BLOCK)
            continue;
        if ((e = mask_put(t, in, &c, text, false, ex, &put)) ||
            (e = buf_add(
                 out, (struct str){text.ptr + from, (size_t)c.start - from})) ||
            (e = buf_add(out, put)))
            return e;
        from = (size_t)c.end;
        *ret_changed = true;
    }
    return buf_add(out, str_skip(text, from));
}

/* The whole literal again: the head of a data URL, and what is left. */
static enum err put_back(struct tools *t, const struct inspect *in,
                         const struct view_item *item, struct str head,
                         struct str text)
{
    struct buf literal;
    struct str copy;
    enum err e;

    buf_init(&literal, LIM_OUT);
    if (!(e = json_put(&literal, head)) &&
        !(e = base64_encode(text, &literal)) &&
        !(e = arena_copy(&t->puts, buf_str(&literal), &copy)))
        e = inspect_edit(t, in, item->seg.raw, copy);
    if (!e)
        t->redactions++;
    buf_wipe_free(&literal);
    return e;
}

/* The type that a data URL names is the application's word too. */
static enum err scan_head(struct tools *t, const struct inspect *in,
                          const struct scope *where, struct str head,
                          struct exchange *ex)
{
    struct findings *f = &t->findings;
    enum err e;

    findings_clear(f);
    e = rules_scan(in->eng->rules, t->scratch, where, head, 0, f);
    for (size_t i = 0; !e && i < f->count; i++) {
        exchange_finding(ex, &f->list[i], where);
        if (rules_action(in->eng->rules, f->list[i].rule) >= ACTION_REDACT)
            exchange_cond(ex, COND_UNEDITABLE, "the type of a file");
    }
    return e;
}

enum err attached_scan(struct tools *t, const struct inspect *in,
                       const struct view_item *item, struct exchange *ex)
{
    struct scope where = {in->dir,
                          in->dir == DIR_SEND ? ROLE_USER : ROLE_ASSISTANT,
                          PART_FILE, in->host, &ex->known};
    struct str head = STR(""), coded = item->value, text;
    struct buf out;
    bool some;
    enum err e;

    if (str_starts(coded, STR("data:"))) {
        head = str_head(coded, str_find_byte(coded, ',') + 1);
        coded = str_skip(coded, head.len);
    }
    if ((e = scan_head(t, in, &where, head, ex)) ||
        (e = decode(t, coded, &text, &some)) || !some)
        return e;
    findings_clear(&t->findings);
    e = rules_scan(in->eng->rules, t->scratch, &where, text, 0, &t->findings);
    if (!e && t->findings.capped)
        exchange_cond(ex, COND_DECODE_CAPPED, NULL);
    if (e || (t->findings.count == 0 && !pseudonym_maybe(text)))
        return e;
    inspect_note(t, &where, text, ex);
    buf_init(&out, LIM_OUT);
    e = redacted(t, in, text, ex, &out, &some);
    if (!e && some)
        e = put_back(t, in, item, head, buf_str(&out));
    buf_wipe_free(&out);
    return e;
}
