#ifndef SP_COMPILE_PROVFILE_H
#define SP_COMPILE_PROVFILE_H

#include "compile/read.h"
#include "llm/describe.h"

/*
 * A provider description (rules/providers/NAME.yaml). A vendor that speaks what
 * others describe needs four lines:
 *
 *     id: acme
 *     like: [openai-chat, openai-responses]   # or one id
 *     system: acme
 *     hosts: [llm.acme.example]
 *
 * and may say more, which is tried before what they say. A dialect:
 *
 *     id: openai-chat
 *     system: openai                  # gen_ai.system of audit lines
 *     reply: openai                   # shape of refusals
 *     generic: true                   # for shapes nobody knows; exactly one
 *     home: true                      # its routes count at its own hosts only
 *     hosts: [api.openai.com, "*.openai.azure.com"]
 *     routes: [{method: POST, path: /chat/completions}]
 *                                     # framing: array, where the answer is a
 *                                     # JSON array that grows
 *     done: "[DONE]"                  # data that ends a stream
 *     keys: [index]                   # what tells channels apart
 *     plain: ["/"]                    # so begins event data that is no JSON
 *     known: [object, created]        # no news, though no path names them
 *     request:
 *       text: [{path: "...", role: user, part: text, json: true}]
 *       opaque: ["..."]
 *       facts: {model: model}
 *       types: [{path: "...", values: [text, image_url]}]
 *     response: {...}
 *     stream:                         # besides these:
 *       text: [{path: "...", part: text, delta: true, group: a},
 *              {path: "...", part: text, repeat: true}]
 *       whole: ["..."]
 *       blank: ["..."]
 *       end: ["..."]
 *     opens: [bytes]                  # members that hold JSON in base64
 *     lines: true                     # for a line of JSON Lines; at most one
 *
 * Where a list holds a bare path, role is user in requests and assistant in the
 * rest, part is text under `text` and other under `whole`.
 */
struct phase_src {
    struct pattern_def *patterns; /* as def's, with the place of each */
    struct place *places;
    size_t count;
};

struct provider_src {
    struct provider_def def;
    struct phase_src phases[3];       /* request, response, stream */
    const struct yaml_node *lists[3]; /* hosts, routes, like; or NULL */
    struct place at;
    struct provider_src *next;
};

/*
 * provfile_read - a whole description, in the reader's arena. NULL where it was
 * refused or memory ran out. Paths are not looked at here.
 */
struct provider_src *provfile_read(struct reader *r, const struct yaml_node *n);

/* The keys of a description, for the test of rules/schema.json. */
size_t provfile_keys(const struct field **ret_fields);

#endif
