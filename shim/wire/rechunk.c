#include "wire/rechunk.h"

#include "base/limits.h"

/*
 * The chunk in work is a slot of known original size. Puts fill it; when its
 * last original byte has been put it leaves, and the next line in the queue
 * opens the next slot:
 *
 *   lines:  "5\r\n" "4;x\r\n" "3\r\n"      line: "8\r\n"   left: 3   held:
 * abcde ^ lines_at                    (the chunk in work)
 *
 * A chunk too large to be held is a row of slots without an original line; a
 * slot's size is part of the chunk's, so where they end does not depend on how
 * the content was put. Insertions before a slot is opened wait in `held`.
 */

void rechunk_init(struct rechunk *r)
{
    *r = (struct rechunk){0};
    buf_init(&r->lines, LIM_RECHUNK_LINES);
    buf_init(&r->line, LIM_CHUNK_DIGITS + LIM_CHUNK_EXT + 2);
    buf_init(&r->held, LIM_RECHUNK_OUT);
}

void rechunk_free(struct rechunk *r)
{
    buf_free(&r->lines);
    buf_free(&r->line);
    buf_free(&r->held);
}

enum err rechunk_line(struct rechunk *r, struct str line, uint64_t size)
{
    if (size == 0 || line.len < 3 || line.ptr[line.len - 1] != '\n')
        return E_INTERNAL;
    if (r->lines_at > 0 && r->lines_at >= r->lines.len / 2) {
        buf_drop(&r->lines, r->lines_at);
        r->lines_at = 0;
    }
    return buf_add(&r->lines, line);
}

/* The next block of a chunk that is too large to be held whole. */
static void block_open(struct rechunk *r)
{
    r->left = r->rest < LIM_RECHUNK_BLOCK ? r->rest : LIM_RECHUNK_BLOCK;
    r->rest -= r->left;
    r->changed = true;
    r->open = true;
}

/* The next chunk in the queue; its size is read from its line. */
static enum err chunk_open(struct rechunk *r)
{
    struct str rest = str_skip(buf_str(&r->lines), r->lines_at);
    struct str before = rest;
    struct chunk_line p = {0};
    uint64_t size;
    enum err e;

    if (r->rest > 0) {
        block_open(r);
        return OK;
    }
    if (rest.len == 0 || chunk_line_next(&p, &rest, &size) != OK)
        return E_INTERNAL;
    buf_clear(&r->line);
    if ((e = buf_add(&r->line, str_head(before, before.len - rest.len))))
        return e;
    r->lines_at += before.len - rest.len;
    if (size > LIM_RECHUNK_HOLD) {
        r->rest = size;
        block_open(r);
        return OK;
    }
    r->left = size;
    r->changed = r->held.len > 0; /* an insertion waits */
    r->open = true;
    return OK;
}

static enum err add_hex_line(size_t n, struct buf *out)
{
    char line[18];
    size_t at = sizeof(line);

    line[--at] = '\n';
    line[--at] = '\r';
    do {
        line[--at] = "0123456789abcdef"[n & 15];
        n >>= 4;
    } while (n > 0);
    return buf_add(out, (struct str){line + at, sizeof(line) - at});
}

enum err rechunk_chunk(struct str bytes, struct buf *out)
{
    size_t before = out->len;
    enum err e;

    if (bytes.len == 0)
        return OK;
    if ((e = add_hex_line(bytes.len, out)) || (e = buf_add(out, bytes)) ||
        (e = buf_add(out, STR("\r\n"))))
        out->len = before;
    return e;
}

/* The chunk in work is complete: it leaves. */
static enum err chunk_done(struct rechunk *r, struct buf *out)
{
    size_t before = out->len;
    enum err e;

    if (r->changed) {
        if ((e = rechunk_chunk(buf_str(&r->held), out)))
            return e;
    } else if ((e = buf_add(out, buf_str(&r->line))) ||
               (e = buf_add(out, buf_str(&r->held))) ||
               (e = buf_add(out, STR("\r\n")))) {
        out->len = before;
        return e;
    }
    buf_clear(&r->held);
    r->open = false;
    return OK;
}

/*
 * The quick way for unchanged content that is all of a chunk: nothing is held.
 * Gives false if this is not such a case, or with *ret_e.
 */
static bool put_whole(struct rechunk *r, struct str *bytes, struct buf *out,
                      enum err *ret_e)
{
    size_t before = out->len;
    enum err e;

    if (r->changed || r->held.len > 0 || bytes->len < r->left)
        return false;
    if ((e = buf_add(out, buf_str(&r->line))) ||
        (e = buf_add(out, str_head(*bytes, (size_t)r->left))) ||
        (e = buf_add(out, STR("\r\n")))) {
        out->len = before;
    } else {
        *bytes = str_skip(*bytes, (size_t)r->left);
        r->left = 0;
        r->open = false;
    }
    *ret_e = e;
    return true;
}

static enum err put_same(struct rechunk *r, struct str bytes, struct buf *out)
{
    enum err e;

    while (bytes.len > 0) {
        size_t n;

        if (!r->open && (e = chunk_open(r)))
            return e;
        if (put_whole(r, &bytes, out, &e)) {
            if (e)
                return e;
            continue;
        }
        n = bytes.len < r->left ? bytes.len : (size_t)r->left;
        if ((e = buf_add(&r->held, str_head(bytes, n))))
            return e;
        bytes = str_skip(bytes, n);
        r->left -= n;
        if (r->left == 0 && (e = chunk_done(r, out)))
            return e;
    }
    return OK;
}

/* All that `taken` touches counts as changed, from the first chunk on. */
static enum err put_changed(struct rechunk *r, struct str bytes, size_t taken,
                            struct buf *out)
{
    enum err e;

    if (bytes.len == 0 && taken == 0)
        return OK;
    if (!r->open && taken > 0 && (e = chunk_open(r)))
        return e;
    if ((e = buf_add(&r->held, bytes)))
        return e;
    r->changed = true; /* of no matter while nothing is open */
    while (taken > 0) {
        size_t n;

        if (!r->open && (e = chunk_open(r)))
            return e;
        r->changed = true;
        n = taken < r->left ? taken : (size_t)r->left;
        taken -= n;
        r->left -= n;
        if (r->left == 0 && (e = chunk_done(r, out)))
            return e;
    }
    return OK;
}

enum err rechunk_put(struct rechunk *r, struct str bytes, size_t taken,
                     bool same, struct buf *out)
{
    if (!same)
        return put_changed(r, bytes, taken, out);
    return bytes.len == taken ? put_same(r, bytes, out) : E_INTERNAL;
}

enum err rechunk_end(struct rechunk *r, struct str tail, struct buf *out)
{
    enum err e;

    if (r->open || r->rest > 0 || r->lines_at < r->lines.len)
        return E_INTERNAL;
    if ((e = rechunk_chunk(buf_str(&r->held), out)))
        return e;
    buf_clear(&r->held);
    return buf_add(out, tail);
}

enum err rechunk_stop(struct rechunk *r, struct buf *out)
{
    enum err e;

    if ((e = rechunk_chunk(buf_str(&r->held), out)))
        return e;
    buf_clear(&r->held);
    buf_clear(&r->lines);
    r->lines_at = 0;
    r->rest = 0;
    r->open = false;
    return buf_add(out, STR("0\r\n\r\n"));
}
