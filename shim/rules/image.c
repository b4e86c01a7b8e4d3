#include "rules/image.h"

#include "base/limits.h"
#include "base/pack.h"
#include "rules/lay.h"
#include "rules/sum.h"

/*
 *      "SALLYIMG"  version  crc  length of the rest
 *      rules  providers  policy  zeros  tables
 *                                    (strings: length and bytes)
 *
 * The sum guards against damage, not against an enemy: every section is
 * checked by its own reader as well.
 */

static const struct str magic = STR_INIT("SALLYIMG");

#define VERSION 5u
#define HEAD    20u /* bytes before what the sum is of */

/* So many that behind their own length, and that of the tables, these begin
 * where they may. */
static enum err pack_zeros(struct buf *body)
{
    static const char zeros[LAY_STEP] = {0};
    size_t at = HEAD + body->len + 2 * sizeof(uint32_t);

    return pack_str(body, (struct str){zeros, (0 - at) % LAY_STEP});
}

enum err image_write(const struct image *img, struct buf *out)
{
    struct buf body;
    enum err e;

    buf_init(&body, LIM_IMAGE);
    if ((e = pack_str(&body, img->rules)) ||
        (e = pack_str(&body, img->providers)) ||
        (e = pack_str(&body, img->policy)) || (e = pack_zeros(&body)) ||
        (e = pack_str(&body, img->tables)))
        goto out;
    if ((e = buf_add(out, magic)) || (e = pack_u32(out, VERSION)) ||
        (e = pack_u32(out, sum_of(buf_str(&body)))) ||
        (e = pack_str(out, buf_str(&body))))
        goto out;
out: /* also with e == OK */
    buf_free(&body);
    return e;
}

enum err image_read(struct str bytes, struct image *ret_img)
{
    struct image img;
    struct str in, body, zeros;
    uint32_t version, crc;
    enum err e;

    if (bytes.len > LIM_IMAGE)
        return E_LIMIT;
    if (!str_starts(bytes, magic))
        return E_SYNTAX;
    in = str_skip(bytes, magic.len);
    if ((e = unpack_u32(&in, &version)))
        return e;
    if (version != VERSION)
        return E_UNSUPPORTED;
    if ((e = unpack_u32(&in, &crc)) || (e = unpack_str(&in, &body)))
        return e;
    if (in.len != 0 || sum_of(body) != crc)
        return E_SYNTAX;
    if ((e = unpack_str(&body, &img.rules)) ||
        (e = unpack_str(&body, &img.providers)) ||
        (e = unpack_str(&body, &img.policy)) ||
        (e = unpack_str(&body, &zeros)) || (e = unpack_str(&body, &img.tables)))
        return e;
    if (body.len != 0)
        return E_SYNTAX;
    *ret_img = img;
    return OK;
}
