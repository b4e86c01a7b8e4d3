#include "hooks/curleasy.h"
#include "hooks/real.h"

#include <stdlib.h>

static struct table easies;

/*
 * The options of each slot. Where several lead to one slot, the last one set
 * holds, as it does in libcurl.
 */
static const struct row {
    int option;
    enum curl_slot slot;
    bool is_text;  /* libcurl copies it, and so do we */
    long fallback; /* of the slot's first row         */
} rows[] = {
    {OPT_URL, SLOT_URL, true, 0},
    {OPT_CURLU, SLOT_CURLU, false, 0},
    {OPT_SCHEME, SLOT_SCHEME, true, 0},
    {OPT_PORT, SLOT_PORT, false, 0},
    {OPT_UNIX_SOCKET, SLOT_SOCKET, true, 0},
    {OPT_ABSTRACT_SOCKET, SLOT_SOCKET, true, 0},
    {OPT_PROXY, SLOT_PROXY, true, 0},
    {OPT_PRE_PROXY, SLOT_PRE_PROXY, true, 0},
    {OPT_PROTOCOLS, SLOT_PROTOCOLS, false, -1},
    {OPT_PROTOCOLS_STR, SLOT_PROTOCOLS, true, 0},
    {OPT_VERIFYPEER, SLOT_VERIFYPEER, false, 1},
    {OPT_VERIFYHOST, SLOT_VERIFYHOST, false, 2},
    {OPT_HTTP_VERSION, SLOT_HTTP_VERSION, false, 0},
    {OPT_ALTSVC_CTRL, SLOT_ALTSVC_CTRL, false, 0},
    {OPT_EXPECT_WAIT, SLOT_EXPECT_WAIT, false, 1000},
    {OPT_FORBID_REUSE, SLOT_FORBID_REUSE, false, 0},
    {OPT_CONNECT_ONLY, SLOT_CONNECT_ONLY, false, 0},
    {OPT_FOLLOW, SLOT_FOLLOW, false, 0},
    {OPT_HTTPGET, SLOT_BODY, false, 0},
    {44, SLOT_BODY, false, 0},    /* CURLOPT_NOBODY   */
    {46, SLOT_BODY, false, 0},    /* CURLOPT_UPLOAD   */
    {47, SLOT_BODY, false, 0},    /* CURLOPT_POST     */
    {54, SLOT_BODY, false, 0},    /* CURLOPT_PUT      */
    {10024, SLOT_BODY, false, 0}, /* CURLOPT_HTTPPOST */
    {OPT_POSTFIELDS, SLOT_BODY, false, 0},
    {OPT_COPIED, SLOT_COPIED, true, 0},
    {OPT_POSTFIELDSIZE, SLOT_BODY_SIZE, false, -1},
    {OPT_POSTFIELDSIZE_LARGE, SLOT_BODY_SIZE, false, -1},
    {OPT_MIME, SLOT_MIME, false, 0},
    {OPT_ERRORBUFFER, SLOT_ERRORBUFFER, false, 0},
    {OPT_OPENSOCKET, SLOT_OPENSOCKET, false, 0},
    {OPT_SOCKOPT, SLOT_SOCKOPT, false, 0},
    {OPT_CLOSESOCKET, SLOT_CLOSESOCKET, false, 0},
    {OPT_PREREQ, SLOT_PREREQ, false, 0},
    {OPT_PREREQ_DATA, SLOT_PREREQ_DATA, false, 0},
};

static const struct row *row_of(int option)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].option == option)
            return &rows[i];
    return NULL;
}

static const struct row *first_row(enum curl_slot slot)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].slot == slot)
            return &rows[i];
    return NULL;
}

static bool is_text(int option)
{
    const struct row *row = row_of(option);

    return row && row->is_text;
}

bool easy_keeps(int option)
{
    return row_of(option) != NULL;
}

/* --- records ------------------------------------------------------------- */

struct easy *easy_of(const void *handle)
{
    /* the node comes first */
    return (struct easy *)(void *)table_find(&easies, handle);
}

struct easy *easy_make(void *handle)
{
    struct easy *e = easy_of(handle);

    if (e || !(e = calloc(1, sizeof(*e))))
        return e;
    e->node.key = e->handle = handle;
    if (table_add(&easies, &e->node) == &e->node)
        return e;
    free(e); /* out of memory */
    return NULL;
}

static void value_free(struct easy_value *v)
{
    if (is_text(v->option))
        free(v->text);
    *v = (struct easy_value){0};
}

/* false: no memory, and the value is as it was. */
static bool value_set(struct easy_value *v, int option, void *arg)
{
    struct easy_value new = {.option = option, .pointer = arg};

    if (is_text(option) && arg && !(new.text = LIBC(strdup)(arg)))
        return false;
    value_free(v);
    *v = new;
    return true;
}

void easy_clear(struct easy *e)
{
    for (size_t i = 0; i < SLOT_COUNT; i++)
        value_free(&e->value[i]);
    e->ours = 0;
    e->ward = NULL;
}

void easy_drop(struct easy *e)
{
    table_remove(&easies, &e->node);
    easy_clear(e);
    free(e);
}

bool easy_copy(const struct easy *from, void *to)
{
    struct easy *e = easy_make(to);

    if (!e)
        return false;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        const struct easy_value *v = &from->value[i];

        if (v->option && !value_set(&e->value[i], v->option, v->pointer)) {
            easy_drop(e);
            return false;
        }
    }
    e->ward = from->ward;
    e->ours = from->ours; /* the copy has them too */
    return true;
}

/* --- the program's values ------------------------------------------------ */

/* What is sent can be said by options of other slots too. */
static bool write_down(struct easy *e, const struct row *row, void *arg)
{
    if (row->slot == SLOT_MIME || row->slot == SLOT_COPIED)
        e->value[SLOT_BODY] = (struct easy_value){.option = row->option};
    if (row->slot == SLOT_COPIED && easy_number(e, SLOT_BODY_SIZE) >= 0)
        arg = NULL; /* no text, but bytes of that number */
    if (row->option == OPT_POSTFIELDS)
        value_free(&e->value[SLOT_COPIED]);
    return value_set(&e->value[row->slot], row->option, arg);
}

static bool is_ours(const struct easy *e, enum curl_slot slot)
{
    bool ward = slot == SLOT_PREREQ || slot == SLOT_PREREQ_DATA;

    return (e->ours >> slot & 1) || (ward && e->ward);
}

int easy_set(const struct curl_lib *lib, void *handle, int option, void *arg)
{
    const struct row *row = row_of(option);
    struct easy *e = easy_make(handle);
    int rc = CURL_OK;

    if (!e)
        return CURL_OUT_OF_MEMORY;
    if (!is_ours(e, row->slot))
        rc = lib->setopt(handle, option, arg);
    if (!rc && !write_down(e, row, arg))
        rc = CURL_OUT_OF_MEMORY;
    return rc;
}

long easy_number(const struct easy *e, enum curl_slot slot)
{
    const struct easy_value *v = &e->value[slot];

    return v->option ? v->number : first_row(slot)->fallback;
}

void *easy_pointer(const struct easy *e, enum curl_slot slot)
{
    return e->value[slot].option ? e->value[slot].pointer : NULL;
}

/* --- ours ---------------------------------------------------------------- */

int easy_take(struct easy *e, const struct curl_lib *lib, int option,
              const void *arg)
{
    e->ours |= 1u << row_of(option)->slot;
    return lib->setopt(e->handle, option, arg);
}

void easy_give_back(struct easy *e, const struct curl_lib *lib)
{
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        const struct easy_value *v = &e->value[i];
        const struct row *row = first_row((enum curl_slot)i);

        if (!(e->ours >> i & 1))
            continue;
        if (v->option)
            (void)lib->setopt(e->handle, v->option, v->pointer);
        else
            (void)lib->setopt(e->handle, row->option, row->fallback);
    }
    e->ours = 0;
}

/* --- fork ---------------------------------------------------------------- */

void easy_fork_lock(void)
{
    table_fork_lock(&easies);
}

void easy_fork_unlock(void)
{
    table_fork_unlock(&easies);
}
