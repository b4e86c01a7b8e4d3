#include "cli/ruleset.h"

#include "cli/cli.h"
#include "rules/image.h"

bool ruleset_open(const char *file, bool need_path, struct ruleset *ret_set)
{
    struct ruleset *s = ret_set;
    struct image image;
    struct policy policy;

    *s = (struct ruleset){.known = {.day = load_day()}};
    if (!load_policy(file, need_path, &s->policy))
        return false;
    if (!image_read(buf_str(&s->policy.image), &image) &&
        !policy_load(image.policy, &policy) &&
        !rules_load(image.rules, policy.monitor, &s->rules) &&
        !scratch_new(&s->scratch)) {
        rules_lend(s->rules, image.tables);
        rules_limit(s->rules, &policy.thresholds);
        s->known.links = policy.links;
        s->own = policy.own;
        return true;
    }
    complain("the policy cannot be loaded");
    ruleset_close(s);
    return false;
}

void ruleset_close(struct ruleset *s)
{
    scratch_free(s->scratch);
    rules_free(s->rules);
    loaded_free(&s->policy);
}
