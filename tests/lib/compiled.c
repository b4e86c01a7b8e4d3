#include "compiled.h"

#include <stdio.h>

#include "compile/compile.h"

bool compiled(const char *path, struct buf *bytes, struct image *ret_image)
{
    static const char *const dirs[] = {"rules"};
    struct compile_options options = {dirs, 1, "2026-01-01"};
    struct compile c;
    bool good;

    buf_init(bytes, LIM_IMAGE);
    compile_init(&c, &options);
    good = compile_load(&c, path) == OK && compile_check(&c, false) == OK &&
           compile_image(&c, bytes) == OK &&
           image_read(buf_str(bytes), ret_image) == OK;
    if (!good) {
        struct str why = diags_text(&c.diags);

        fprintf(stderr, "%.*s", (int)why.len, why.ptr);
    }
    compile_free(&c);
    return good;
}
