#ifndef SP_BASE_ERR_H
#define SP_BASE_ERR_H

/*
 * What a function that can fail answers. Zero is success; the caller must look.
 *
 * What to do about each is not decided where it arises: the fail-policy table
 * (policy/fail.h) maps a named condition to an action.
 */
enum err {
    OK = 0,
    E_AGAIN,       /* more input is needed; nothing is wrong             */
    E_LIMIT,       /* a bound of base/limits.h is reached                */
    E_SYNTAX,      /* not of the grammar                                 */
    E_AMBIGUOUS,   /* two readers could disagree about it                */
    E_UNSUPPORTED, /* well-formed, but a form that is not handled        */
    E_NOMEM,       /* an allocation failed                               */
    E_INTERNAL,    /* an invariant of ours does not hold, or a library's */
};

#define MUST_USE __attribute__((warn_unused_result))

/*
 * err_name - the error's name in lower case ("syntax"), for audit lines and
 * messages. A static string; "?" for a value outside the enum.
 */
const char *err_name(enum err e);

#endif
