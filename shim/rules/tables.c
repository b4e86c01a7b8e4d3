#include "detect/table.h"
#include "rules/inside.h"

/* What rules that look at what is decoded find in the cells of a text's tables,
 * behind the names of their columns. */

static enum err scan_cells(const struct rules *rs, struct scratch *sc,
                           const struct scopes *at, struct str cells,
                           uint32_t seg, struct findings *found)
{
    enum err e = steps_take(sc, STEPS_VIEW * (uint64_t)cells.len);

    return e ? e : scan_view(rs, sc, at, 1u << VIEW_DECODED, cells, seg, found);
}

/* To the places in the text that they come from. */
static void map_all(const struct textview *v, struct findings *found)
{
    size_t kept = 0;

    for (size_t i = 0; i < found->count; i++) {
        struct finding f = found->list[i];
        size_t start, end;

        textview_span(v, (size_t)f.start, (size_t)f.end, &start, &end);
        if (start >= end)
            continue;
        f.start = start;
        f.end = end;
        f.chain = (struct chain){0};
        chain_add(&f.chain, VIEW_TABLE);
        found->list[kept++] = f;
    }
    found->count = kept;
}

enum err tables_scan(const struct rules *rs, struct scratch *sc,
                     const struct scopes *at, struct str text, uint32_t seg,
                     struct findings *out, size_t first)
{
    const struct places *numbers = &sc->hits.places;
    struct findings found;
    struct textview cells;
    enum err e;

    textview_init(&cells);
    findings_init(&found);
    e = table_make(text, numbers->list, numbers->count, PLACE_STEP, &cells);
    if (!e && cells.bytes.len > 0 &&
        !(e = scan_cells(rs, sc, at, buf_str(&cells.bytes), seg, &found))) {
        map_all(&cells, &found);
        if (found.count > 0)
            e = findings_merge(text, out, first, &found);
    }
    findings_free(&found);
    textview_free(&cells);
    return e;
}
