#include "base/kinds.h"

static const struct str dirs[] = {STR_INIT("request"), STR_INIT("response")};
static const struct str roles[] = {
    STR_INIT("system"),
    STR_INIT("user"),
    STR_INIT("assistant"),
    STR_INIT("tool"),
};
static const struct str parts[] = {
    STR_INIT("text"),        STR_INIT("tool_name"), STR_INIT("tool_args"),
    STR_INIT("tool_result"), STR_INIT("tool_def"),  STR_INIT("reasoning"),
    STR_INIT("file"),        STR_INIT("key"),       STR_INIT("other"),
};
static const struct str actions[] = {
    STR_INIT("pass"),   STR_INIT("score"),        STR_INIT("log"),
    STR_INIT("redact"), STR_INIT("pseudonymize"), STR_INIT("block"),
};
static const struct str severities[] = {
    STR_INIT("info"), STR_INIT("low"),      STR_INIT("medium"),
    STR_INIT("high"), STR_INIT("critical"),
};

static const struct str confidences[] = {STR_INIT("low"), STR_INIT("medium"),
                                         STR_INIT("high")};

static const struct str abouts[] = {
    STR_INIT("host"), STR_INIT("path"), STR_INIT("model"),
    STR_INIT("exe"),  STR_INIT("uid"),  STR_INIT("cgroup"),
};

static struct str name_of(const struct str *names, size_t count, unsigned i)
{
    return i < count ? names[i] : STR("?");
}

static bool name_find(const struct str *names, size_t count, struct str name,
                      unsigned *ret_i)
{
    for (unsigned i = 0; i < count; i++)
        if (str_eq(names[i], name)) {
            *ret_i = i;
            return true;
        }
    return false;
}

#define NAMES(type, noun, list)                                                \
    struct str noun##_name(enum type v)                                        \
    {                                                                          \
        return name_of(list, ARRAY_LEN(list), (unsigned)v);                    \
    }                                                                          \
    bool noun##_from(struct str name, enum type *ret)                          \
    {                                                                          \
        unsigned i;                                                            \
                                                                               \
        if (!name_find(list, ARRAY_LEN(list), name, &i))                       \
            return false;                                                      \
        *ret = (enum type)i;                                                   \
        return true;                                                           \
    }

NAMES(dir, dir, dirs)
NAMES(role, role, roles)
NAMES(part, part, parts)
NAMES(action, action, actions)
NAMES(severity, severity, severities)
NAMES(confidence, confidence, confidences)
NAMES(about, about, abouts)
