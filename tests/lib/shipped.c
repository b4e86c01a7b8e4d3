#include "shipped.h"

#include <stdio.h>

#include "base/limits.h"
#include "rules/image.h"

static bool load(struct shipped *s, bool checked)
{
    struct image image;

    return compile_load(&s->files, "rules/default.yaml") == OK &&
           (!checked || compile_check(&s->files, false) == OK) &&
           compile_image(&s->files, &s->bytes) == OK &&
           image_read(buf_str(&s->bytes), &image) == OK &&
           rules_load(image.rules, false, &s->rules) == OK &&
           (rules_lend(s->rules, image.tables), true) &&
           scratch_new(&s->scratch) == OK;
}

bool shipped_open(struct shipped *s, bool checked)
{
    static const char *const dirs[] = {"rules"};
    struct compile_options options = {dirs, 1, "2026-01-01"};
    struct str why;

    *s = (struct shipped){0};
    buf_init(&s->bytes, LIM_IMAGE);
    compile_init(&s->files, &options);
    if (load(s, checked))
        return true;
    why = diags_text(&s->files.diags);
    fprintf(stderr, "the shipped rules: %.*s\n", (int)why.len, why.ptr);
    shipped_close(s);
    return false;
}

void shipped_close(struct shipped *s)
{
    scratch_free(s->scratch);
    rules_free(s->rules);
    buf_free(&s->bytes);
    compile_free(&s->files);
    *s = (struct shipped){0};
}
