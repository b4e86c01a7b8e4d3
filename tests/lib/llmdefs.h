#ifndef SP_TESTS_LLMDEFS_H
#define SP_TESTS_LLMDEFS_H

/*
 * A small description in C with one path of every kind, for fuzz targets and
 * benchmarks, which are linked with the engine alone.
 */

#include "llm/describe.h"

#define PATH(p, ...)                                                           \
    {                                                                          \
        .path = STR_INIT(p), __VA_ARGS__                                       \
    }
#define SAID .role = ROLE_ASSISTANT, .part = PART_TEXT

static const struct pattern_def small_body[] = {
    PATH("messages[].content[].image_url.url@base64", .kind = PAT_OPAQUE),
    PATH("id", .kind = PAT_OPAQUE),
    PATH("data[].embedding.**", .kind = PAT_OPAQUE),
    PATH("choices[].logprobs", .kind = PAT_BLANK),
    PATH("messages[role=system|developer].**", .kind = PAT_TEXT,
         .role = ROLE_SYSTEM, .part = PART_TEXT),
    PATH("messages[].tool_calls[].function.arguments", .kind = PAT_TEXT,
         .role = ROLE_ASSISTANT, .part = PART_TOOL_ARGS, .json = true),
    PATH("messages[role=tool].content.**", .kind = PAT_TEXT, .role = ROLE_TOOL,
         .part = PART_TOOL_RESULT),
    PATH("messages.**", .kind = PAT_TEXT, .role = ROLE_USER, .part = PART_TEXT),
    PATH("tools.**.description", .kind = PAT_TEXT, .role = ROLE_SYSTEM,
         .part = PART_TOOL_DEF),
    PATH("*.*.name", .kind = PAT_TEXT, .role = ROLE_SYSTEM,
         .part = PART_TOOL_DEF),
    PATH("model", .kind = PAT_FACT, .fact = FACT_MODEL),
};
static const struct pattern_def small_stream[] = {
    PATH("id", .kind = PAT_OPAQUE),
    PATH("choices[].logprobs", .kind = PAT_BLANK),
    PATH("choices[].delta.content", .kind = PAT_TEXT, SAID, .delta = true),
    PATH("choices[].delta.tool_calls[].function.arguments", .kind = PAT_TEXT,
         .role = ROLE_ASSISTANT, .part = PART_TOOL_ARGS, .delta = true,
         .json = true),
    PATH("[type=done].text", .kind = PAT_TEXT, SAID),
    PATH("[type=done].arguments", .kind = PAT_TEXT, SAID, .json = true),
    PATH("choices[].message.content", .kind = PAT_TEXT, SAID, .repeat = true),
    PATH("type", .kind = PAT_TYPE, .values = STR_INIT("done|ping")),
    PATH("choices[].finish_reason", .kind = PAT_END),
    PATH("choices[].index", .kind = PAT_FACT, .fact = FACT_INDEX),
    PATH("model", .kind = PAT_FACT, .fact = FACT_MODEL),
};

static const struct str small_hosts[] = {STR_INIT("llm.test")};
static const struct str small_keys[] = {STR_INIT("index")};
static const struct provider_def small_provider = {
    .id = STR_INIT("generic"),
    .system = STR_INIT("test"),
    .reply = STR_INIT("openai"),
    .done = STR_INIT("[DONE]"),
    .generic = true,
    .hosts = small_hosts,
    .host_count = ARRAY_LEN(small_hosts),
    .keys = small_keys,
    .key_count = ARRAY_LEN(small_keys),
    .request = {small_body, ARRAY_LEN(small_body)},
    .response = {small_body, ARRAY_LEN(small_body)},
    .stream = {small_stream, ARRAY_LEN(small_stream)},
};

#endif
