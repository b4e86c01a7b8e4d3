#ifndef SP_CLI_WHERE_H
#define SP_CLI_WHERE_H

#include <getopt.h>

#include "base/kinds.h"
#include "cli/cli.h"
#include "cli/ruleset.h"

/* Where a text stands, as the options of a command tell it. */
struct where {
    struct scope scope;
    struct str about[ABOUT_COUNT];
};

/* The options, for getopt_long; nobody else takes their letters. */
#define WHERE_OPTIONS                                                          \
    {"on", required_argument, NULL, 'd'},                                      \
        {"role", required_argument, NULL, 'p'},                                \
        {"host", required_argument, NULL, 'H'},                                \
        {"path", required_argument, NULL, 'P'},                                \
        {"model", required_argument, NULL, 'M'},                               \
    {                                                                          \
        "exe", required_argument, NULL, 'X'                                    \
    }

/* And their help. */
#define WHERE_HELP                                                             \
    "  --on request|response    where the text goes (default: request)\n"      \
    "  --role user|system|assistant|tool\n"                                    \
    "                           who says it (default: user)\n"                 \
    "  --host H, --path P, --model M, --exe FILE\n"                            \
    "                           what rules and exclusions may ask; a rule\n"   \
    "                           that asks applies where it is not said\n"

/* where_init - a user's text in a request. */
void where_init(struct where *w);

/*
 * where_option - one of WHERE_OPTIONS. False after a complaint about its value,
 * and for any other option without one.
 */
bool where_option(struct where *w, const struct command *cmd, int option,
                  const char *value);

/* where_set - the scope of such texts for these rules, which it borrows. */
struct scope where_set(const struct where *w, struct ruleset *set);

#endif
