#include "llm/view.h"

#include <stdlib.h>

#include "llm/base64.h"
#include "llm/hash.h"
#include "llm/walk.h"

/*
 * The walk goes from value to value in document order. Each goes through the
 * stages KEY, EXTRA, VALUE and, for JSON in a string, NESTED; a stage may give
 * an item and is then entered again or left at the next call. Containers are
 * opened at VALUE, unless a path says that nothing in them is to be seen.
 */

#define KEY_MIN 4 /* shorter keys hold nothing */

void view_init(struct view *v)
{
    *v = (struct view){0};
}

void view_free(struct view *v)
{
    if (v->state != NULL)
        free(v->state->ids);
    free(v->state);
    view_init(v);
}

/* The text is one of a|b. */
static bool is_listed(struct str list, struct str text)
{
    while (list.ptr != NULL)
        if (str_eq(str_split(&list, '|'), text))
            return true;
    return false;
}

/* Does the description know events of this name? */
static enum err name_event(struct view *v)
{
    const struct json_node *nodes = v->doc->nodes;
    const struct pattern *kind = v->phase->kind;
    struct str text;
    enum err e;

    if (kind == NULL || v->doc->count == 0 || nodes[0].type != JSON_OBJECT)
        return OK;
    for (uint32_t c = 1; c < nodes[0].next; c = nodes[c + 1].next) {
        if (nodes[c + 1].type != JSON_STRING ||
            !json_text_eq(json_raw(v->doc, c), nodes[c].escaped, kind->path))
            continue;
        if ((e = json_text(json_raw(v->doc, c + 1), nodes[c + 1].escaped,
                           v->arena, &text)))
            return e;
        v->strange = is_listed(kind->values, text) ? 0 : hash_str(text) | 1;
    }
    return OK;
}

enum err view_start(struct view *v, const struct provider *provider,
                    enum view_phase what, const struct json_doc *doc,
                    struct arena *arena)
{
    struct view_state *st = v->state;
    const struct phases *phases;
    enum err e;

    if ((e = provider_phases(provider, &phases)))
        return e;
    if (st == NULL) {
        st = malloc(sizeof(*st));
        if (st == NULL)
            return E_NOMEM;
        st->ids = NULL;
        st->ids_cap = 0;
    }
    *v = (struct view){
        .provider = provider,
        .phase = what == VIEW_REQUEST    ? &phases->request
                 : what == VIEW_RESPONSE ? &phases->response
                                         : &phases->stream,
        .names = phases->names,
        .doc = doc,
        .arena = arena,
        .what = what,
        .state = st,
        .plain = v->plain,
    };
    st->stage = doc->count == 0 ? STAGE_DONE : STAGE_NEXT;
    st->started = false;
    st->depth = st->active_len = st->key_count = st->slot_count = 0;
    st->member_of = UINT32_MAX;
    if ((e = walk_names(v)))
        return e;
    return what == VIEW_EVENT ? name_event(v) : OK;
}

/* ---- From value to value ------------------------------------------------ */

static bool is_container(const struct view *v, uint32_t node)
{
    return v->doc->nodes[node].type <= JSON_ARRAY;
}

/* A file that is let by. */
static bool is_file(const struct view *v, struct str text)
{
    return v->plain ? is_plain_media(text) : is_media(text);
}

/* What the value is taken for: the first path in order that leads here. */
static const struct pattern *content(struct view *v)
{
    struct view_state *st = v->state;
    const struct path_trie *t = v->phase->trie;
    const struct pattern *best = NULL;
    uint16_t best_at = UINT16_MAX;
    bool inside = is_container(v, st->node);

    st->has_extra = st->by_text = false;
    for (size_t i = st->first; i < st->active_len; i++) {
        const struct path_node *n = &t->nodes[st->active[i]];
        uint16_t a = n->content;

        if (n->extra != 0)
            st->has_extra = true;
        for (; a != 0 && a < best_at; a = t->accepts[a].next) {
            const struct pattern *p =
                &v->phase->patterns[t->accepts[a].pattern];

            if (inside && !n->loop && p->kind != PAT_BLANK)
                continue;
            st->by_text |= p->base64;
            if (p->base64 && (inside || !st->has_text || !is_file(v, st->text)))
                continue;
            best = p;
            best_at = a;
            break;
        }
    }
    return best;
}

static enum err set_value(struct view *v, uint32_t key, uint32_t node)
{
    struct view_state *st = v->state;
    const struct json_node *n = &v->doc->nodes[node];
    enum err e;

    st->key = key;
    st->node = node;
    st->has_text = n->type == JSON_STRING;
    if (st->has_text && !n->escaped)
        st->text = json_raw(v->doc, node);
    else if (st->has_text)
        if ((e = json_text(json_raw(v->doc, node), n->escaped, v->arena,
                           &st->text)))
            return e;
    st->pattern = content(v);
    st->extra_at = st->first;
    st->extra = 0;
    /* Most keys are known or short, most values no facts: not asked then. */
    st->stage = key != 0 && st->ids[key] == 0 ? STAGE_KEY
                : st->has_extra               ? STAGE_EXTRA
                                              : STAGE_VALUE;
    return OK;
}

static void set_place(struct view *v, const struct level *top, uint32_t key)
{
    struct view_state *st = v->state;
    uint16_t at = (uint16_t)(top->elem < UINT16_MAX ? top->elem : UINT16_MAX);

    st->msg = top->msg;
    st->chan = top->chan;
    if (key == 0 && top->arrays == 1)
        st->msg = at;
    else if (key == 0 && top->arrays == 2)
        st->chan = at;
    if (v->what != VIEW_EVENT)
        return;
    if (key == 0)
        st->path = hash_mix(top->path, 1);
    else if (st->ids[key] != 0 && !(st->ids[key] & NAME_FOLDED))
        st->path = hash_mix(top->path, 2u + (st->ids[key] & NAME_ID));
    else
        st->path =
            hash_mix(top->path, hash_str(json_raw(v->doc, key)) | 1u << 31);
}

/* The next value in document order becomes the one at work. */
static enum err advance(struct view *v)
{
    struct view_state *st = v->state;
    const struct json_node *nodes = v->doc->nodes;
    enum err e;

    if (!st->started) {
        st->started = true;
        st->msg = st->chan = 0;
        st->path = 1;
        if ((e = walk_root(v)))
            return e;
        return set_value(v, 0, 0);
    }
    st->active_len = st->first; /* of the last value, if it was a leaf */
    while (st->depth > 0) {
        struct level *top = &st->levels[st->depth - 1];
        uint32_t node = top->child;

        if (node >= nodes[top->node].next) {
            st->active_len = top->first;
            st->key_count = top->keys;
            st->depth--;
            continue;
        }
        if (nodes[top->node].type == JSON_OBJECT) {
            top->child = nodes[node + 1].next;
            set_place(v, top, node);
            if ((e = walk_key(v, node, node + 1)))
                return e;
            return set_value(v, node, node + 1);
        }
        top->child = nodes[node].next;
        set_place(v, top, 0);
        top->elem++;
        if ((e = walk_elem(v, node)))
            return e;
        return set_value(v, 0, node);
    }
    st->stage = STAGE_DONE;
    return OK;
}

/* ---- Channel keys ------------------------------------------------------- */

/* The members of an object, about to be opened, that tell channels apart. */
static enum err collect_keys(struct view *v, uint32_t object)
{
    struct view_state *st = v->state;
    const struct json_node *nodes = v->doc->nodes;

    for (uint32_t c = object + 1; c < nodes[object].next;
         c = nodes[c + 1].next) {
        struct view_key *key = &st->keys[st->key_count];
        struct str raw = json_raw(v->doc, c + 1);

        if (!(st->ids[c] & NAME_KEY) || is_container(v, c + 1) ||
            nodes[c + 1].type == JSON_NULL)
            continue;
        if (st->key_count == LIM_VIEW_KEYS)
            return E_LIMIT;
        key->path = hash_mix(st->path, 2u + (st->ids[c] & NAME_ID));
        key->value = hash_str(raw);
        key->number = 0;
        if (str_u64(raw, &key->number))
            key->number = 0;
        key->zero = str_eq(raw, STR("0"));
        st->key_count++;
    }
    return OK;
}

/* Of the value at work, or around it, the outermost. */
static uint32_t unknown_key(const struct view_state *st)
{
    uint32_t around = st->depth > 0 ? st->levels[st->depth - 1].unknown : 0;

    if (around != 0 || st->key == 0)
        return around;
    if (st->ids[st->key] == 0)
        return st->key;
    return st->ids[st->key] & NAME_KNOWN && st->active_len == st->first
               ? NO_NEWS
               : 0;
}

static enum err open_container(struct view *v)
{
    struct view_state *st = v->state;
    bool array = v->doc->nodes[st->node].type == JSON_ARRAY;
    struct level *top = &st->levels[st->depth];
    enum err e;

    if (st->depth == ARRAY_LEN(st->levels))
        return E_LIMIT;
    *top = (struct level){
        .node = st->node,
        .child = st->node + 1,
        .first = st->first,
        .keys = (uint16_t)st->key_count,
        .msg = st->msg,
        .chan = st->chan,
        .path = st->path,
    };
    top->unknown = unknown_key(st);
    if (st->depth > 0)
        top->arrays = st->levels[st->depth - 1].arrays;
    top->arrays = (uint16_t)(top->arrays + array);
    st->depth++;
    st->first = (uint16_t)st->active_len;
    if (v->what == VIEW_EVENT && !array)
        if ((e = collect_keys(v, st->node)))
            return e;
    return OK;
}

/* ---- Items -------------------------------------------------------------- */

static void item_base(struct view *v, enum item_kind kind,
                      const struct pattern *p, struct view_item *ret)
{
    struct view_state *st = v->state;
    const struct json_node *n = &v->doc->nodes[st->node];

    *ret = (struct view_item){
        .kind = kind,
        .pattern = p,
        .seg =
            {
                .raw = {n->off, n->len},
                .node = st->node,
                .msg = st->msg,
                .chan = st->chan,
                .role = v->what == VIEW_REQUEST ? ROLE_USER : ROLE_ASSISTANT,
                .part = PART_OTHER,
                .escaped = n->escaped,
            },
        .keys = st->keys,
        .key_count = st->key_count,
        .path = st->path,
    };
}

static bool names_role(const struct pattern *p)
{
    return p != NULL && (p->kind == PAT_TEXT || p->kind == PAT_WHOLE);
}

/*
 * The member has a name that stands elsewhere in the description: it may be
 * text here too. Not so names that tell things apart, or are known as words.
 */
static bool is_astray(const struct view_state *st)
{
    return st->key != 0 && st->ids[st->key] != 0 && !st->has_extra &&
           !(st->ids[st->key] & (NAME_KNOWN | NAME_FILTER | NAME_KEY));
}

static void item_text(struct view *v, struct str text, struct view_item *ret)
{
    struct view_state *st = v->state;

    item_base(v, ITEM_TEXT, st->pattern, ret);
    ret->seg.text = text;
    if (st->pattern != NULL) {
        ret->piece = st->pattern->delta || st->pattern->repeat;
    } else if (v->provider->generic) {
        ret->piece = true;
    } else {
        uint32_t key = unknown_key(st);

        if (key != 0 && key != NO_NEWS)
            ret->unknown = json_raw(v->doc, key);
        ret->piece = v->strange != 0 || ret->unknown.len > 0 || is_astray(st);
        ret->path ^= v->strange;
    }
    if (names_role(st->pattern)) {
        ret->seg.role = st->pattern->role;
        ret->seg.part = st->pattern->part;
    }
}

/* A key of some length that the description does not use. */
static enum err key_item(struct view *v, struct view_item *ret_item, bool *ret)
{
    struct view_state *st = v->state;
    const struct json_node *n = &v->doc->nodes[st->key];
    enum err e;

    *ret = false;
    if (st->key == 0 || st->ids[st->key] != 0 || n->len < KEY_MIN)
        return OK;
    item_text(v, (struct str){0}, ret_item);
    ret_item->pattern = NULL;
    ret_item->unknown = STR("");
    ret_item->seg.part = PART_KEY;
    ret_item->seg.node = st->key;
    ret_item->seg.raw = (struct span){n->off, n->len};
    ret_item->seg.escaped = n->escaped;
    if ((e = json_text(json_raw(v->doc, st->key), n->escaped, v->arena,
                       &ret_item->seg.text)))
        return e;
    *ret = ret_item->seg.text.len > 0;
    return OK;
}

/* A string that is none of a|b. */
static bool is_news(const struct view_state *st, const struct pattern *p)
{
    return st->has_text && st->text.len > 0 && !is_listed(p->values, st->text);
}

/* The value as a fact: false for null, containers and, for END, no value. */
static bool fact_value(struct view *v, const struct pattern *p,
                       struct str *ret_value)
{
    struct view_state *st = v->state;
    uint8_t type = v->doc->nodes[st->node].type;

    if (type == JSON_NULL || type == JSON_OBJECT || type == JSON_ARRAY)
        return false;
    *ret_value = st->has_text ? st->text : json_raw(v->doc, st->node);
    if (p->kind == PAT_FACT && p->fact == FACT_CALL && st->has_text) {
        struct str raw = json_raw(v->doc, st->node);

        *ret_value = (struct str){raw.ptr - 1, raw.len + 2};
    }
    if (p->kind != PAT_END)
        return true;
    return type != JSON_FALSE && ret_value->len > 0;
}

/* The next fact or end mark of this value. */
static bool extra_item(struct view *v, struct view_item *ret_item)
{
    struct view_state *st = v->state;
    const struct path_trie *t = v->phase->trie;

    for (; st->extra_at < st->active_len; st->extra_at++, st->extra = 0) {
        uint16_t a = st->extra != 0 ? t->accepts[st->extra].next
                                    : t->nodes[st->active[st->extra_at]].extra;

        for (; a != 0; a = t->accepts[a].next) {
            const struct pattern *p =
                &v->phase->patterns[t->accepts[a].pattern];
            struct str value;

            if ((p->base64 && !(st->has_text && is_file(v, st->text))) ||
                !fact_value(v, p, &value))
                continue;
            if (p->kind == PAT_TYPE && !is_news(st, p))
                continue;
            item_base(v,
                      p->kind == PAT_END    ? ITEM_END
                      : p->kind == PAT_TYPE ? ITEM_TYPE
                                            : ITEM_FACT,
                      p, ret_item);
            ret_item->fact = p->fact;
            ret_item->value = value;
            st->extra = a;
            return true;
        }
    }
    return false;
}

static struct str blank_of(uint8_t type)
{
    switch (type) {
    case JSON_STRING:
        return STR("");
    case JSON_ARRAY:
        return STR("[]");
    case JSON_NUMBER:
        return STR("0");
    default:
        return STR("null");
    }
}

/* ---- Slots -------------------------------------------------------------- */

/* The kind of slot the value could be by its type and what it is taken for. */
static bool slot_kind(const struct view *v, enum slot_kind *ret_kind)
{
    const struct view_state *st = v->state;
    const struct json_node *n = &v->doc->nodes[st->node];
    const struct pattern *p = st->pattern;
    bool opaque = p != NULL && p->kind == PAT_OPAQUE;

    if (n->type == JSON_NUMBER) {
        *ret_kind = SLOT_NUMBER;
        return n->len <= SLOT_DIGITS;
    }
    *ret_kind = opaque ? SLOT_STRING : SLOT_TEXT;
    if (n->type != JSON_STRING || st->by_text)
        return false;
    return opaque ||
           (st->text.len > 0 && (p != NULL ? p->delta : v->provider->generic));
}

/* The one fact that the value is; false for more, and for marks. */
static bool slot_fact(const struct view *v, enum fact *ret_fact)
{
    const struct view_state *st = v->state;
    const struct path_trie *t = v->phase->trie;

    *ret_fact = FACT_COUNT;
    for (size_t i = st->first; st->has_extra && i < st->active_len; i++) {
        uint16_t a = t->nodes[st->active[i]].extra;

        for (; a != 0; a = t->accepts[a].next) {
            const struct pattern *p =
                &v->phase->patterns[t->accepts[a].pattern];

            if (p->kind != PAT_FACT || p->fact == FACT_INDEX ||
                p->fact == FACT_CALL || p->base64 || *ret_fact != FACT_COUNT)
                return false;
            *ret_fact = p->fact;
        }
    }
    return true;
}

static void slot_add(struct view *v)
{
    struct view_state *st = v->state;
    const struct json_node *n = &v->doc->nodes[st->node];
    struct view_slot slot = {.raw = {n->off, n->len}};

    if (st->key != 0 && st->ids[st->key] & (NAME_KEY | NAME_FILTER))
        return;
    if (!slot_kind(v, &slot.kind) || !slot_fact(v, &slot.fact))
        return;
    if (st->slot_count < VIEW_SLOTS)
        st->slots[st->slot_count] = slot;
    st->slot_count += st->slot_count <= VIEW_SLOTS;
}

bool view_slots(const struct view *v, const struct view_slot **ret_slots,
                size_t *ret_count)
{
    *ret_slots = v->state->slots;
    *ret_count = v->state->slot_count;
    return v->state->slot_count <= VIEW_SLOTS;
}

/* VALUE: opens a container, or says whether there is an item. */
static enum err value_item(struct view *v, struct view_item *ret_item,
                           bool *ret)
{
    struct view_state *st = v->state;
    uint8_t type = v->doc->nodes[st->node].type;
    size_t pos = 0;
    struct span at;

    *ret = false;
    st->stage = STAGE_NEXT;
    if (v->what == VIEW_EVENT && type > JSON_KEY)
        slot_add(v);
    if (st->pattern != NULL && st->pattern->kind == PAT_OPAQUE) {
        item_base(v, ITEM_MEDIA, st->pattern, ret_item);
        ret_item->value = st->text;
        *ret = st->pattern->base64;
        return OK;
    }
    if (st->pattern != NULL && st->pattern->kind == PAT_BLANK) {
        item_base(v, ITEM_BLANK, st->pattern, ret_item);
        ret_item->value = blank_of(type);
        *ret = type != JSON_NULL;
        return OK;
    }
    if (type <= JSON_ARRAY)
        return open_container(v);
    if (type == JSON_NUMBER &&
        long_number(json_raw(v->doc, st->node), &pos, &at)) {
        item_text(v, json_raw(v->doc, st->node), ret_item);
        ret_item->seg.number = true;
        *ret = true;
        return OK;
    }
    if (type != JSON_STRING || st->text.len == 0)
        return OK;
    /* A channel takes the pieces of its JSON text as they come. */
    if (names_role(st->pattern) && st->pattern->json &&
        !(v->what == VIEW_EVENT && st->pattern->delta)) {
        st->nested = nested_start(st->text);
        st->stage = STAGE_NESTED;
        return OK;
    }
    item_text(v, st->text, ret_item);
    *ret = true;
    return OK;
}

static enum err nested_item(struct view *v, struct view_item *ret_item,
                            bool *ret)
{
    struct view_state *st = v->state;
    struct nested_part part;
    struct seg *seg = &ret_item->seg;
    struct str raw;

    *ret = nested_next(&st->nested, &part);
    if (!*ret) {
        st->stage = STAGE_NEXT;
        return OK;
    }
    item_text(v, (struct str){0}, ret_item);
    raw = str_at(st->text, part.at);
    seg->nested = true;
    seg->outer = st->text;
    seg->inner = part.at;
    seg->inner_escaped = part.escaped;
    seg->inner_plain = part.plain;
    seg->number = part.number;
    return json_text(raw, part.escaped, v->arena, &seg->text);
}

enum err view_next(struct view *v, struct view_item *ret_item)
{
    struct view_state *st = v->state;
    bool some = false;
    enum err e = OK;

    while (e == OK && !some) {
        switch (st->stage) {
        case STAGE_NEXT:
            e = advance(v);
            if (e == OK && st->stage == STAGE_VALUE)
                e = value_item(v, ret_item, &some);
            break;
        case STAGE_KEY:
            st->stage = STAGE_EXTRA;
            e = key_item(v, ret_item, &some);
            break;
        case STAGE_EXTRA:
            some = extra_item(v, ret_item);
            if (!some)
                st->stage = STAGE_VALUE;
            break;
        case STAGE_VALUE:
            e = value_item(v, ret_item, &some);
            break;
        case STAGE_NESTED:
            e = nested_item(v, ret_item, &some);
            break;
        case STAGE_DONE:
            return E_AGAIN;
        }
    }
    return e;
}
