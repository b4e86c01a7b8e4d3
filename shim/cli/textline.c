#include "cli/textline.h"

#include "base/limits.h"
#include "json/text.h"

void textline_init(struct textline *t)
{
    json_doc_init(&t->doc);
    arena_init(&t->arena, LIM_SCAN_LINE + MIB);
}

void textline_free(struct textline *t)
{
    json_doc_free(&t->doc);
    arena_free(&t->arena);
}

enum part part_of(enum role role)
{
    return role == ROLE_TOOL ? PART_TOOL_RESULT : PART_TEXT;
}

/* A member that may be missing: NULL error text if it is fine. */
static const char *word_of(struct textline *t, struct str key,
                           struct str *ret_word)
{
    uint32_t node = json_member(&t->doc, 0, key);

    *ret_word = (struct str){NULL, 0};
    if (node == 0 || t->doc.nodes[node].type == JSON_NULL)
        return NULL;
    if (t->doc.nodes[node].type != JSON_STRING)
        return "is not a string";
    if (json_text(json_raw(&t->doc, node), t->doc.nodes[node].escaped,
                  &t->arena, ret_word))
        return "cannot be read";
    return NULL;
}

const char *textline_read(struct textline *t, struct str line,
                          const struct scope *otherwise, struct scope *ret_at,
                          struct str *ret_text)
{
    struct str role, on;

    arena_clear(&t->arena);
    if (json_parse(&t->doc, line))
        return "not valid JSON";
    *ret_at = *otherwise;
    if (t->doc.nodes[0].type != JSON_OBJECT)
        return "the line is not an object";
    if (word_of(t, STR("text"), ret_text) != NULL || ret_text->ptr == NULL)
        return "'text' is not a string";
    if (word_of(t, STR("role"), &role) != NULL ||
        (role.ptr != NULL && !role_from(role, &ret_at->role)))
        return "'role' is not user, system, assistant or tool";
    if (word_of(t, STR("on"), &on) != NULL ||
        (on.ptr != NULL && !dir_from(on, &ret_at->dir)))
        return "'on' is not request or response";
    ret_at->part = part_of(ret_at->role);
    return NULL;
}
