/* The training of a linear score; see detect/linear.h. */
#include "cli/calibrate.h"

#include <stdlib.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "detect/linear.h"

/*
 * A linear support vector machine: of each window whose score is on the wrong
 * side of a margin, the weights move towards it. The windows come in a fixed
 * random order, so the same texts give the same model. A text counts the same
 * however many windows it has, and both kinds of text count the same.
 */
#define ROUNDS 12
#define DECAY  1e-4

struct window {
    uint32_t from; /* of its features, in the list of all */
    uint16_t count;
    bool attack;
    float weight;
};

struct training {
    bool attack; /* what is read */
    struct window *windows;
    size_t count, cap;
    uint16_t *features;
    size_t feature_count, feature_cap;
    size_t texts[2];
    double weights[LINEAR_WEIGHTS], bias;
};

static void *grown(void *p, size_t size, size_t need, size_t *cap)
{
    size_t more = *cap == 0 ? 1024 : *cap;

    if (need <= *cap)
        return p;
    while (more < need)
        more *= 2;
    p = realloc(p, more * size);
    if (p != NULL)
        *cap = more;
    return p;
}

static bool add_window(struct training *t, const struct linear_window *w)
{
    void *p;

    p = grown(t->windows, sizeof(*t->windows), t->count + 1, &t->cap);
    if (p == NULL)
        return false;
    t->windows = p;
    p = grown(t->features, sizeof(*t->features), t->feature_count + w->count,
              &t->feature_cap);
    if (p == NULL || t->feature_count > UINT32_MAX / 2)
        return false;
    t->features = p;
    memcpy(t->features + t->feature_count, w->features,
           w->count * sizeof(*w->features));
    t->windows[t->count++] = (struct window){.from = (uint32_t)t->feature_count,
                                             .count = (uint16_t)w->count,
                                             .attack = t->attack};
    t->feature_count += w->count;
    return true;
}

static bool take_text(void *into, const struct scope *at, struct str text)
{
    struct training *t = into;
    size_t first = t->count;
    struct linear_window win;
    struct linear_walk walk;

    (void)at;
    linear_walk_init(&walk, text, 0);
    while (linear_next(&walk, &win))
        if (win.judged && !add_window(t, &win)) {
            complain("out of memory");
            return false;
        }
    for (size_t i = first; i < t->count; i++)
        t->windows[i].weight = 1 / (float)(t->count - first);
    t->texts[t->attack] += t->count > first;
    return true;
}

static double square_root(double x)
{
    double r = x > 1 ? x : 1;

    for (int i = 0; i < 40; i++)
        r = (r + x / r) / 2;
    return r;
}

static void shuffle(struct training *t)
{
    uint64_t seed = 1;

    for (size_t i = t->count; i > 1; i--) {
        size_t j;
        struct window swap = t->windows[i - 1];

        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        j = (size_t)((seed >> 33) % i);
        t->windows[i - 1] = t->windows[j];
        t->windows[j] = swap;
    }
}

static void learn(struct training *t, const struct window *w, double rate)
{
    const uint16_t *f = t->features + w->from;
    double x = 1 / square_root(w->count), z = t->bias;
    double side = w->attack ? 1 : -1, step;
    double kind =
        (double)(t->texts[0] + t->texts[1]) / (2 * (double)t->texts[w->attack]);

    for (size_t i = 0; i < w->count; i++)
        z += t->weights[f[i]] * x;
    if (side * z >= 1)
        return;
    step = rate * side * (double)w->weight * (kind < 20 ? kind : 20);
    for (size_t i = 0; i < w->count; i++)
        t->weights[f[i]] = t->weights[f[i]] * (1 - rate * DECAY) + step * x;
    t->bias += step / 10;
}

static bool put_le32(struct buf *out, uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        if (buf_add_byte(out, (char)(n >> 8 * i & 0xff)))
            return false;
    return true;
}

static bool put_model(const struct training *t, struct buf *out)
{
    double most = 1e-6, unit;

    for (size_t i = 0; i < LINEAR_WEIGHTS; i++) {
        double w = t->weights[i] < 0 ? -t->weights[i] : t->weights[i];

        most = w > most ? w : most;
    }
    unit = most / 127;
    if (buf_add(out, STR(LINEAR_MAGIC)) ||
        !put_le32(out, (uint32_t)(int32_t)(t->bias * 1000)) ||
        !put_le32(out, (uint32_t)(unit * 1e6 + 1)))
        return false;
    for (size_t i = 0; i < LINEAR_WEIGHTS; i++)
        if (buf_add_byte(out, (char)(int)(t->weights[i] / unit)))
            return false;
    return true;
}

bool model_train(const char *benign, const char *attacks,
                 const struct scope *scope, struct buf *out)
{
    struct training *t = calloc(1, sizeof(*t));
    size_t bad;
    bool good =
        t != NULL && texts_each(benign, scope, &bad, take_text, NULL, t);

    if (good) {
        t->attack = true;
        good = texts_each(attacks, scope, &bad, take_text, NULL, t);
    }
    if (good && (t->texts[0] == 0 || t->texts[1] == 0)) {
        complain("there is no English text in %s",
                 t->texts[0] == 0 ? benign : attacks);
        good = false;
    }
    if (good) {
        shuffle(t);
        for (int round = 0; round < ROUNDS; round++)
            for (size_t i = 0; i < t->count; i++)
                learn(t, &t->windows[i], 1.0 / (1 + round));
        good = put_model(t, out);
    }
    if (t != NULL) {
        free(t->windows);
        free(t->features);
    }
    free(t);
    return good;
}
