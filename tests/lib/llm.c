#include "llm.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "compile/provfile.h"

struct str llm_file(const char *path)
{
    FILE *in = fopen(path, "rb"), *mem;
    char *out = NULL;
    size_t size = 0;
    int c;

    if (in == NULL)
        return (struct str){0};
    mem = open_memstream(&out, &size);
    while (mem != NULL && (c = fgetc(in)) != EOF)
        fputc(c, mem);
    fclose(in);
    if (mem == NULL)
        return (struct str){0};
    fclose(mem);
    return (struct str){out, size};
}

/* Packed forms live as long as what is loaded from them: until the end. */
static struct buf *new_buf(void)
{
    static struct buf kept[64];
    static size_t count;

    if (count == ARRAY_LEN(kept))
        return NULL;
    buf_init(&kept[count], 64u << 20);
    return &kept[count++];
}

static bool read_one(const char *path, struct arena *a,
                     struct provider_def *ret)
{
    struct diags diags;
    struct reader reader = {.arena = a, .diags = &diags};
    const struct yaml_node *root;
    struct provider_src *src = NULL;
    struct str text = llm_file(path);

    diags_init(&diags);
    if (yaml_parse(text, path, a, &diags, &root) == OK)
        src = provfile_read(&reader, root);
    if (src == NULL) {
        struct str why = diags_text(&diags);

        fprintf(stderr, "%s: %.*s\n", path, (int)why.len, why.ptr);
    } else {
        *ret = src->def;
    }
    diags_free(&diags);
    free((char *)text.ptr); /* the tree has copies */
    return src != NULL;
}

struct providers *llm_providers(const struct host_rule *hosts, size_t n)
{
    struct provider_def defs[LIM_PROVIDERS];
    struct provider_fault fault = {0};
    struct providers *p = NULL;
    struct buf *packed = new_buf();
    struct arena arena;
    bool ok = packed != NULL;
    glob_t files;

    arena_init(&arena, 64u << 20);
    if (glob("rules/providers/*.yaml", 0, NULL, &files))
        return NULL;
    for (size_t i = 0; i < files.gl_pathc; i++)
        ok = ok && read_one(files.gl_pathv[i], &arena, &defs[i]);
    if (ok && providers_pack(defs, files.gl_pathc, hosts, n, packed, &fault))
        fprintf(stderr, "%s place %d number %zu: %s\n",
                fault.provider < files.gl_pathc ? files.gl_pathv[fault.provider]
                                                : "a host rule",
                (int)fault.place, fault.index, fault.why);
    else if (ok && providers_load(buf_str(packed), &p))
        fprintf(stderr, "providers_load fails\n");
    globfree(&files);
    arena_free(&arena);
    return p;
}

const struct provider *llm_provider(const struct providers *p, const char *id)
{
    for (size_t i = 0; i < providers_count(p); i++)
        if (str_eq(providers_at(p, i)->id, str_of(id)))
            return providers_at(p, i);
    return NULL;
}

struct rules *llm_rules(const struct rule *list, size_t n)
{
    struct buf *packed = new_buf();
    struct rules *rs = NULL;

    if (packed == NULL || rules_pack(list, n, NULL, 0, packed) ||
        rules_load(buf_str(packed), false, &rs))
        fprintf(stderr, "rules cannot be loaded\n");
    return rs;
}
