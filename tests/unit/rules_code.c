/* What a rule's patterns are compiled for, they can be run for with the JIT. */
#include "check.h"
#include "rules/inside.h"

static const struct rule rule = {
    .id = STR_INIT("SP-9001"),
    .match = STR_INIT("key-[0-9]{8}"),
    .end = STR_INIT("\\n"),
    .nots = (struct str[]){STR_INIT("00000000")},
    .not_count = 1,
    .nears =
        (struct near[]){
            {.match = STR_INIT("old"), .within = 20, .sides = NEAR_BEFORE},
            {.match = STR_INIT("new$"), .within = 20, .sides = NEAR_BEFORE}},
    .near_count = 2,
};

/* Is there machine code for it? `open`: for a text that may go on. */
static bool is_made(const pcre2_code *code, bool open)
{
    static const unsigned char text[] = "x";
    uint32_t options = PCRE2_NO_UTF_CHECK | (open ? PCRE2_PARTIAL_HARD : 0);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    int rc = pcre2_jit_match(code, text, 1, 0, options, data, NULL);

    pcre2_match_data_free(data);
    return rc != PCRE2_ERROR_JIT_BADOPTION;
}

static void test_uses(void)
{
    for (int use = 0; use < CODE_USES; use++) {
        struct code *c = NULL;

        CHECK_INT(code_new(&rule, (enum code_use)use, &c), OK);
        if (c == NULL)
            return;
        CHECK(is_made(c->match, false) && is_made(c->end, false));
        if (use == CODE_STREAM)
            CHECK(is_made(c->match, true) && is_made(c->end, true));
        CHECK(is_made(c->nots[0], false));
        /* Windows are read piece by piece in whole texts, too; of a pattern
         * that knows where one ends its gate is. */
        CHECK(is_made(c->nears[0], false) && is_made(c->nears[0], true));
        CHECK(c->gates[0] == NULL && c->gates[1] != NULL);
        CHECK(is_made(c->gates[1], false) && is_made(c->gates[1], true));
        CHECK(is_made(c->nears[1], false));
        CHECK_INT(c->slow, 0);
        code_free(c);
    }
}

int main(void)
{
    uint32_t jit = 0;

    if (pcre2_config(PCRE2_CONFIG_JIT, &jit) == 0 && jit != 0)
        RUN(test_uses);
    return check_done();
}
