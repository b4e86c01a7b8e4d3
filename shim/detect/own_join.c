#include "detect/own_inside.h"

#include <stdlib.h>

/*
 * Texts one behind the other, as if nothing stood between them. Of what was
 * said SPELL_MAX - 1 bytes are enough, and so are as many of what follows:
 *
 *      ...| the end of the texts before |  the front of this one |...
 *                         sk0f3a91 . . . . c7d2
 */

#define SIDE (SPELL_MAX - 1)

struct from {
    uint32_t text;
    uint32_t offset;
};

/* Bytes as they are compared, each with where it came from. */
struct strip {
    char bytes[2 * SIDE];
    struct from from[2 * SIDE];
    size_t len, old; /* all; those of earlier texts */
};

struct own_join {
    struct strip strips[2]; /* squeezed; as it is                           */
    struct strip next[2];   /* what they begin with at the next text        */
    struct str text;        /* borrowed, until the next one                 */
    uint32_t number;        /* of it */
    unsigned at;            /* the strip that is swept                      */
    struct sweep sweep;
};

enum err own_join_new(struct own_join **ret_join)
{
    struct own_join *j = calloc(1, sizeof(*j));

    if (j == NULL)
        return E_NOMEM;
    *ret_join = j;
    return OK;
}

void own_join_free(struct own_join *j)
{
    if (j != NULL)
        explicit_bzero(j, sizeof(*j));
    free(j);
}

void own_join_clear(struct own_join *j)
{
    for (size_t i = 0; i < ARRAY_LEN(j->next); i++) {
        explicit_bzero(&j->strips[i], j->strips[i].len);
        explicit_bzero(&j->next[i], j->next[i].len);
        j->strips[i].len = j->next[i].len = 0;
    }
    j->sweep.end = 0;
    j->at = ARRAY_LEN(j->strips);
}

/* ---- Strips ------------------------------------------------------------- */

static void put(struct strip *s, char byte, uint32_t text, size_t offset)
{
    s->bytes[s->len] = byte;
    s->from[s->len++] = (struct from){text, (uint32_t)offset};
}

/* c as it is compared; *ret_byte is only set if it counts. */
static bool as_compared(char c, bool exact, char *ret_byte)
{
    unsigned char small = squeezed((unsigned char)c);

    if (!exact && small == 0)
        return false;
    *ret_byte = exact ? c : (char)small;
    return true;
}

static void add_front(struct strip *s, bool exact, struct str text,
                      uint32_t number)
{
    char byte;

    s->old = s->len;
    for (size_t i = 0; i < text.len && s->len < s->old + SIDE; i++)
        if (as_compared(text.ptr[i], exact, &byte))
            put(s, byte, number, i);
}

/* What the text ends with, behind what was said before it. */
static void keep_back(struct strip *s, const struct strip *before, bool exact,
                      struct str text, uint32_t number)
{
    size_t from = text.len, n = 0, old;
    char byte;

    while (from > 0 && n < SIDE)
        n += as_compared(text.ptr[--from], exact, &byte);
    old = SIDE - n < before->old ? SIDE - n : before->old;
    s->len = old;
    memcpy(s->bytes, before->bytes + before->old - old, old);
    memcpy(s->from, before->from + before->old - old, old * sizeof(*s->from));
    for (; from < text.len; from++)
        if (as_compared(text.ptr[from], exact, &byte))
            put(s, byte, number, from);
}

/* A sweep of the strip, from where a window can be of something that crosses.
 */
static void begin(struct own_join *j, unsigned which, const struct own *o)
{
    const struct strip *s = &j->strips[which];

    j->at = which;
    j->sweep = sweep_all(o, (struct str){s->bytes, s->len}, which == 1);
    if (s->old == 0 || s->old == s->len)
        j->sweep.end = 0;
}

void own_join_text(struct own_join *j, const struct own *o, struct str text,
                   uint32_t number)
{
    bool exact = atomic_load_explicit(&o->exact, memory_order_relaxed);

    j->text = text;
    j->number = number;
    for (unsigned i = 0; i < (exact ? 2 : 1); i++) {
        struct strip *s = &j->strips[i];

        *s = j->next[i];
        add_front(s, i == 1, text, number);
        keep_back(&j->next[i], s, i == 1, text, number);
    }
    begin(j, 0, o);
}

/* ---- What crosses ------------------------------------------------------- */

/* Stretches of one text each, without wide gaps. */
static size_t pieces_of(const struct own_join *j, const struct swept *found,
                        struct own_piece *pieces)
{
    const struct strip *s = &j->strips[j->at];
    struct own_piece *last = NULL;
    size_t n = 0;

    for (size_t i = found->start; i < found->start + found->len; i++) {
        const struct from *f = &s->from[i];

        if (last == NULL || last->text != f->text ||
            f->offset - last->end > OWN_GAP) {
            last = &pieces[n++];
            *last = (struct own_piece){f->text, f->offset, 0};
        }
        last->end = (size_t)f->offset + 1;
    }
    own_edges(&found->form, j->text, false, true, &last->start, &last->end);
    return n;
}

bool own_join_next(struct own_join *j, struct own_about *ret_about,
                   struct own_piece *ret_pieces, size_t *ret_count)
{
    struct swept found;

    while (j->at < ARRAY_LEN(j->strips)) {
        const struct strip *s = &j->strips[j->at];

        if (!sweep_next(&j->sweep, &found)) {
            if (j->at + 1 < ARRAY_LEN(j->strips) && j->strips[j->at + 1].len)
                begin(j, j->at + 1, j->sweep.own);
            else
                j->at = ARRAY_LEN(j->strips);
            continue;
        }
        if (found.start >= s->old || found.start + found.len <= s->old)
            continue;
        *ret_about = found.about;
        *ret_count = pieces_of(j, &found, ret_pieces);
        return true;
    }
    return false;
}
