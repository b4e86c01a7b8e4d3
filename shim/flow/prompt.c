#include "flow/prompt.h"

#include <stdlib.h>

void prompt_clear(struct prompt_texts *p)
{
    p->count = 0;
}

void prompt_free(struct prompt_texts *p)
{
    free(p->list);
    *p = (struct prompt_texts){0};
}

enum err prompt_note(struct prompt_texts *p, const struct seg *seg)
{
    bool system = seg->role == ROLE_SYSTEM;

    if (system ? seg->part != PART_TEXT
               : seg->role != ROLE_USER && seg->role != ROLE_TOOL)
        return OK;
    if (p->count == LIM_PROMPT_TEXTS)
        return OK;
    if (p->count == p->cap) {
        size_t cap = p->cap == 0 ? 16 : p->cap * 2;
        struct prompt_text *more = realloc(p->list, cap * sizeof(*more));

        if (more == NULL)
            return E_NOMEM;
        p->list = more;
        p->cap = cap;
    }
    p->list[p->count++] = (struct prompt_text){seg->text, system};
    return OK;
}

enum err prompt_share(const struct prompt_texts *p, struct shingles *s)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < p->count; i++)
        if (!p->list[i].system)
            e = shingles_share(s, p->list[i].text);
    return e;
}

static enum err learn(const struct prompt_texts *p, struct shingles *s,
                      bool *ret_some)
{
    enum err e;

    *ret_some = false;
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].system && (e = shingles_add(s, p->list[i].text)))
            return e;
    if (shingles_words(s) < LIM_PROMPT_WORDS)
        return OK;
    if ((e = shingles_seal(s)))
        return e;
    *ret_some = true;
    return prompt_share(p, s);
}

static bool has_system(const struct prompt_texts *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].system)
            return true;
    return false;
}

enum err prompt_learn(const struct prompt_texts *p, struct exchange *ex)
{
    struct shingles *s;
    uint64_t seed;
    bool some;
    enum err e;

    if (ex->known.prompt != NULL || !has_system(p))
        return OK;
    memcpy(&seed, ex->eng->id_key, sizeof(seed));
    if ((e = shingles_new(seed, &s)))
        return e;
    e = learn(p, s, &some);
    if (e || !some)
        shingles_free(s);
    else
        ex->known.prompt = s;
    return e;
}
