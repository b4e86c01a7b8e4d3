#include "cli/told.h"

#include "base/limits.h"
#include "json/text.h"

void told_init(struct told *t)
{
    *t = (struct told){.action = ACTION_PASS};
    json_doc_init(&t->doc);
    arena_init(&t->arena, LIM_SCAN_LINE + MIB);
}

void told_free(struct told *t)
{
    arena_free(&t->arena);
    json_doc_free(&t->doc);
}

/* A member that is a string; empty if it is not there, or is another. */
static struct str word_of(struct told *t, uint32_t object, struct str key)
{
    uint32_t node = json_member(&t->doc, object, key);
    struct str word = STR("");

    if (node == 0 || t->doc.nodes[node].type != JSON_STRING ||
        json_text(json_raw(&t->doc, node), t->doc.nodes[node].escaped,
                  &t->arena, &word))
        return STR("");
    return word;
}

static uint32_t score_of(const struct told *t, struct str key)
{
    uint32_t node = json_member(&t->doc, 0, key);
    uint64_t score;

    if (node == 0 || str_u64(json_raw(&t->doc, node), &score))
        return 0;
    return score < UINT32_MAX ? (uint32_t)score : UINT32_MAX;
}

bool told_read(struct told *t, struct str line)
{
    arena_clear(&t->arena);
    if (json_parse(&t->doc, line) || t->doc.nodes[0].type != JSON_OBJECT)
        return false;
    t->findings = json_member(&t->doc, 0, STR("findings"));
    if (t->findings == 0 || t->doc.nodes[t->findings].type != JSON_ARRAY ||
        !action_from(word_of(t, 0, STR("action")), &t->action))
        return false;
    t->at = t->findings + 1;
    t->score[DIR_SEND] = score_of(t, STR("score.request"));
    t->score[DIR_RECV] = score_of(t, STR("score.response"));
    t->condition = word_of(t, 0, STR("condition"));
    return true;
}

bool told_next(struct told *t, struct str *ret_rule)
{
    if (t->at >= t->doc.nodes[t->findings].next)
        return false;
    *ret_rule = word_of(t, t->at, STR("rule"));
    t->at = t->doc.nodes[t->at].next;
    return true;
}
