#include "cli/where.h"

#include <string.h>

#include "cli/textline.h"

void where_init(struct where *w)
{
    *w = (struct where){.scope = {.dir = DIR_SEND, .role = ROLE_USER}};
}

bool where_option(struct where *w, const struct command *cmd, int option,
                  const char *value)
{
    struct str text = str_of(value);

    switch (option) {
    case 'd':
        if (dir_from(text, &w->scope.dir))
            return true;
        usage_why(cmd, "--on is request or response, not '%s'", value);
        return false;
    case 'p':
        if (role_from(text, &w->scope.role))
            return true;
        usage_why(cmd, "--role is user, system, assistant or tool, not '%s'",
                  value);
        return false;
    case 'H':
        w->scope.host = text;
        return true;
    case 'P':
        w->about[ABOUT_PATH] = text;
        return true;
    case 'M':
        w->about[ABOUT_MODEL] = text;
        return true;
    case 'X':
        w->about[ABOUT_EXE] = text;
        return true;
    default:
        usage(cmd);
        return false;
    }
}

struct scope where_set(const struct where *w, struct ruleset *set)
{
    struct scope at = w->scope;

    memcpy(set->known.about, w->about, sizeof(w->about));
    at.part = part_of(at.role);
    at.known = &set->known;
    return at;
}
