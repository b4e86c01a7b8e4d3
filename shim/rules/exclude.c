#include "rules/inside.h"

#include <stdlib.h>

#include "base/glob.h"
#include "base/host.h"
#include "detect/print.h"

/*
 * Where rules do not look: `when` of a rule, and exclusions.
 *
 * What is not known about an exchange is held against it: a rule that asks
 * about it applies, and an exclusion that does has no effect. So a program that
 * hides its model or its path gets more rules, never fewer.
 */

static bool in_set(unsigned set, unsigned bit)
{
    return set == 0 || (set >> bit & 1) != 0;
}

static bool host_fits(struct str pattern, struct str host)
{
    host = host_plain(host);
    if (str_starts(pattern, STR("*.")))
        return host.len > pattern.len - 1 &&
               str_ends_nocase(host, str_skip(pattern, 1));
    return str_eq_nocase(host_plain(pattern), host);
}

static struct str about_of(const struct scope *at, enum about about)
{
    if (about == ABOUT_HOST)
        return at->host;
    return at->known == NULL ? STR("") : at->known->about[about];
}

static bool about_fits(const struct strs *list, enum about about,
                       struct str value)
{
    bool nocase = about == ABOUT_PATH || about == ABOUT_MODEL;

    for (size_t i = 0; i < list->count; i++)
        if (about == ABOUT_HOST ? host_fits(list->list[i], value)
                                : glob_match(list->list[i], value, nocase))
            return true;
    return false;
}

/* `otherwise` is what holds where something is not known. */
static bool when_holds(const struct when *w, const struct scope *at,
                       bool otherwise)
{
    for (unsigned i = 0; i < ABOUT_COUNT; i++) {
        struct str value;

        if (w->about[i].count == 0)
            continue;
        value = about_of(at, (enum about)i);
        if (value.len == 0 ? !otherwise
                           : !about_fits(&w->about[i], (enum about)i, value))
            return false;
    }
    return true;
}

static bool has_expired(const struct exclusion *x, const struct scope *at)
{
    uint32_t day = at->known == NULL ? 0 : at->known->day;

    return x->until != 0 && (day == 0 || day > x->until);
}

static bool exclusion_holds(const struct exclusion *x, const struct scope *at)
{
    return in_set(x->dirs, at->dir) && in_set(x->roles, at->role) &&
           in_set(x->parts, at->part) && !has_expired(x, at) &&
           when_holds(&x->when, at, false);
}

/* The first exclusion of a rule; they are sorted by rule. */
static size_t first_of(const struct rules *rs, uint32_t rule)
{
    size_t lo = 0, hi = rs->ex_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (rs->ex[mid].rule < rule)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool asks_value(const struct exclusion *x)
{
    return x->value.len != 0 || x->print.len != 0;
}

bool rules_off(const struct rules *rs, uint32_t rule, const struct scope *at)
{
    if (rs->asked != 0 && !when_holds(&rs->list[rule].when, at, true))
        return true;
    for (size_t i = first_of(rs, rule);
         i < rs->ex_count && rs->ex[i].rule == rule; i++)
        if (!asks_value(&rs->ex[i]) && exclusion_holds(&rs->ex[i], at))
            return true;
    return false;
}

static enum err value_code(const struct rules *rs, size_t i,
                           const pcre2_code **ret_code)
{
    _Atomic(pcre2_code *) *place = &rs->ex_code[i];
    pcre2_code *code = atomic_load_explicit(place, memory_order_acquire);
    pcre2_code *none = NULL;
    struct pattern_error why;
    bool slow;
    enum err e;

    if (code == NULL) {
        if ((e = pattern_compile(rs->ex[i].value, 0, &code, &slow, &why)))
            return e == E_NOMEM ? e : E_INTERNAL;
        if (!atomic_compare_exchange_strong(place, &none, code)) {
            pcre2_code_free(code);
            code = none;
        }
    }
    *ret_code = code;
    return OK;
}

void excluded_print(const unsigned char salt[EXCLUDED_SALT], struct str value,
                    unsigned char ret_print[EXCLUDED_PRINT - EXCLUDED_SALT])
{
    unsigned char key[PRINT_KEY_LEN] = {0};

    memcpy(key, salt, EXCLUDED_SALT);
    fingerprint(key, value, ret_print);
}

static bool is_printed(struct str print, struct str value)
{
    unsigned char own[PRINT_LEN];

    excluded_print((const unsigned char *)print.ptr, value, own);
    return memcmp(own, print.ptr + EXCLUDED_SALT, PRINT_LEN) == 0;
}

/* Excluded at this one place? */
static enum err value_out(const struct search *s, struct scratch *sc,
                          const struct scope *at, struct str value,
                          bool *ret_yes)
{
    const struct rules *rs = s->rules;
    uint32_t rule = s->rule->index;
    enum hit hit = HIT_NONE;
    const pcre2_code *code;
    enum err e;

    *ret_yes = false;
    for (size_t i = first_of(rs, rule);
         i < rs->ex_count && rs->ex[i].rule == rule && !*ret_yes; i++) {
        const struct exclusion *x = &rs->ex[i];

        if (!asks_value(x) || !exclusion_holds(x, at))
            continue;
        if (x->print.len != 0) {
            *ret_yes = is_printed(x->print, value);
            continue;
        }
        if ((e = value_code(rs, i, &code)) ||
            (e = pattern_run(code, sc, value, 0, false, &hit)))
            return e;
        *ret_yes = hit == HIT_MATCH;
    }
    return OK;
}

enum err value_excluded(const struct search *s, struct scratch *sc,
                        struct str value, bool *ret_yes)
{
    enum err e;

    *ret_yes = true;
    for (size_t i = 0; i < s->place_count && *ret_yes; i++)
        if (rules_applies(s->rules, s->rule, &s->places[i]) &&
            (e = value_out(s, sc, &s->places[i], value, ret_yes)))
            return e;
    return OK;
}

static unsigned asked_of(const struct when *w)
{
    unsigned set = 0;

    for (unsigned i = 0; i < ABOUT_COUNT; i++)
        set |= (unsigned)(w->about[i].count != 0) << i;
    return set;
}

enum err asks_init(struct rules *rs)
{
    for (size_t i = 0; i < rs->count; i++)
        rs->asked |= asked_of(&rs->list[i].when);
    for (size_t i = 0; i < rs->ex_count; i++) {
        rs->asked |= asked_of(&rs->ex[i].when);
        rs->ex_values += asks_value(&rs->ex[i]);
    }
    rs->ex_code = calloc(rs->ex_count + 1, sizeof(*rs->ex_code));
    return rs->ex_code == NULL ? E_NOMEM : OK;
}

void asks_free(struct rules *rs)
{
    for (size_t i = 0; i < rs->ex_count && rs->ex_code != NULL; i++)
        pcre2_code_free(atomic_load(&rs->ex_code[i]));
    free((void *)rs->ex_code);
}

bool rules_ask(const struct rules *rs, enum about about)
{
    return (rs->asked >> about & 1) != 0;
}
