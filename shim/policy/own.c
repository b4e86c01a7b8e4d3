#include "policy/own.h"

#include "base/limits.h"
#include "base/pack.h"
#include "detect/spelling.h"

void policy_own_init(struct policy_own *own)
{
    *own = (struct policy_own){
        .env = STR("\3\0\0\0all"),
        .auth = true,
        .least = SPELL_VALUE_MIN,
    };
}

enum err policy_own_pack(const struct policy_own *own, struct buf *out)
{
    enum err e;

    if ((e = pack_str(out, own->env)) || (e = pack_str(out, own->files)) ||
        (e = pack_u32(out, own->auth)))
        return e;
    return pack_u32(out, own->least);
}

/* Strings one behind the other, none of them empty or with a NUL. */
static bool is_list(struct str packed)
{
    struct str s;

    while (packed.len > 0)
        if (unpack_str(&packed, &s) || s.len == 0 ||
            str_find_byte(s, '\0') < s.len)
            return false;
    return true;
}

enum err policy_own_load(struct str *in, struct policy_own *ret_own)
{
    struct policy_own own;
    uint32_t auth;
    enum err e;

    if ((e = unpack_str(in, &own.env)) || (e = unpack_str(in, &own.files)) ||
        (e = unpack_below(in, 2, &auth)) ||
        (e = unpack_below(in, LIM_OWN_LEAST + 1, &own.least)))
        return e;
    if (!is_list(own.env) || !is_list(own.files) || own.least < SPELL_VALUE_MIN)
        return E_SYNTAX;
    own.auth = auth == 1;
    *ret_own = own;
    return OK;
}
