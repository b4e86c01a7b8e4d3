/*
 * Rule files of any bytes: read or refused with a reason, never worse. What is
 * read is packed, and loads again.
 */
#include "compile/provfile.h"
#include "compile/rulefile.h"

#include "base/limits.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rules one by one: no other file is opened. */
static void take_rules(struct reader *r, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, STR("rules")), *n;
    const struct yaml_node *common = yaml_get(root, STR("defaults"));
    struct rule_src defaults;
    struct rules *rules;
    struct buf packed;

    rulefile_start(&defaults);
    if (common != NULL && !rulefile_defaults(r, common, &defaults))
        return;
    if (list == NULL || list->kind != YAML_LIST)
        return;
    for (n = list->child; n != NULL; n = n->next) {
        size_t before = r->diags->count;
        struct rule_src *src = rulefile_rule(r, n, &defaults);

        if (src == NULL) {
            if (r->diags->count == before && !r->fatal)
                __builtin_trap();
            continue;
        }
        buf_init(&packed, LIM_IMAGE);
        if (rules_pack(&src->rule, 1, NULL, 0, &packed) == OK) {
            if (rules_load(buf_str(&packed), false, &rules))
                __builtin_trap();
            rules_free(rules);
        }
        buf_free(&packed);
    }
}

static void take_provider(struct reader *r, const struct yaml_node *root)
{
    struct provider_fault fault;
    struct providers *providers;
    struct provider_src *src = provfile_read(r, root);
    struct buf packed;

    if (src == NULL)
        return;
    src->def.generic = true;
    buf_init(&packed, LIM_IMAGE);
    if (providers_pack(&src->def, 1, NULL, 0, &packed, &fault) == OK) {
        enum err e = providers_load(buf_str(&packed), &providers);

        if (e == OK)
            providers_free(providers);
        else if (e != E_LIMIT)
            __builtin_trap(); /* limits show when the tables are built */
    }
    buf_free(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    const struct yaml_node *root;
    struct arena arena;
    struct diags diags;
    struct reader r = {.arena = &arena, .diags = &diags};
    enum err e;

    arena_init(&arena, LIM_COMPILE);
    diags_init(&diags);
    e = yaml_parse(text, "fuzz", &arena, &diags, &root);
    if ((e != OK) != (diags.count > 0))
        __builtin_trap();
    if (!e) {
        take_rules(&r, root);
        take_provider(&r, root);
        (void)diags_text(&diags);
    }
    diags_free(&diags);
    arena_free(&arena);
    return 0;
}
