#include "compile/model.h"

#include "compile/files.h"
#include "detect/linear.h"

bool model_read(struct reader *r, const struct yaml_node *n, void *into)
{
    struct rule_src *src = into;

    src->model_node = n;
    return read_text(r, n, &src->model_name);
}

static bool read_model(struct compile *c, const struct source *from,
                       struct rule_src *src)
{
    struct reader *r = &c->reader;
    const char *path = files_find(c, from, src->model_node, src->model_name);
    struct linear model;
    struct buf bytes;
    bool good;
    char *p;

    buf_init(&bytes, 8 * (size_t)LINEAR_BYTES); /* read in blocks */
    good = path != NULL && files_text(c, path, &bytes);
    if (good && linear_load(buf_str(&bytes), &model))
        good = read_refuse(r, src->model_node,
                           "'%.*s' is no model that 'sallyport calibrate' "
                           "wrote",
                           STR_ARG(src->model_name));
    if (good && (p = read_take(r, bytes.len)) != NULL) {
        memcpy(p, bytes.ptr, bytes.len);
        src->rule.model = (struct str){p, bytes.len};
    }
    buf_free(&bytes);
    return good && src->rule.model.len > 0;
}

bool model_load(struct compile *c, const struct source *from,
                struct rule_src *src)
{
    struct rule *rule = &src->rule;

    if ((src->model_node != NULL) != (rule->detector == DETECTOR_LINEAR)) {
        diag_add(&c->diags, src->at,
                 "the detector 'linear' has a 'model', and no other has");
        return false;
    }
    if (src->model_node == NULL)
        return true;
    if (rule->action > ACTION_LOG) {
        diag_add(&c->diags, src->at, "'linear' may only score or log");
        return false;
    }
    return read_model(c, from, src);
}
