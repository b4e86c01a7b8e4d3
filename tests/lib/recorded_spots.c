#include "recorded.h"

#include <jansson.h>
#include <stdlib.h>

/*
 * Where each API keeps its texts, written down a second time: what the engine's
 * descriptions say in YAML stands here in C, so that each can prove the other
 * wrong. Only what is plainly a text is listed.
 */

static void add(struct spots *s, json_t *node, enum role role, enum part part)
{
    if (json_is_string(node) && json_string_length(node) > 0 &&
        s->count < sizeof(s->list) / sizeof(s->list[0]))
        s->list[s->count++] = (struct spot){node, NULL, NULL, role, part};
}

static bool is(json_t *value, const char *key, const char *want)
{
    const char *text = json_string_value(json_object_get(value, key));

    return text != NULL && strcmp(text, want) == 0;
}

static json_t *at(json_t *value, const char *key)
{
    return json_object_get(value, key);
}

/* Every string of a value that may be any JSON. */
static void add_all(struct spots *s, json_t *value, enum role role,
                    enum part part)
{
    const char *key;
    json_t *item;
    size_t i;

    add(s, value, role, part);
    json_array_foreach(value, i, item) add_all(s, item, role, part);
    json_object_foreach(value, key, item) add_all(s, item, role, part);
}

/* Every string of JSON that stands in a string. */
static void add_nested(struct spots *s, json_t *outer, enum part part)
{
    const char *text = json_string_value(outer);
    json_t *inner = text == NULL ? NULL : json_loads(text, 0, NULL);
    size_t begun = s->count;

    add_all(s, inner, ROLE_ASSISTANT, part);
    for (size_t i = begun; i < s->count; i++) {
        s->list[i].outer = outer;
        s->list[i].inner = json_incref(inner);
    }
    json_decref(inner);
}

/* A string, or parts that have a `text`. */
static void add_content(struct spots *s, json_t *content, enum role role,
                        enum part part)
{
    json_t *item;
    size_t i;

    add(s, content, role, part);
    json_array_foreach(content, i, item)
    {
        if (is(item, "type", "thinking"))
            continue;
        add(s, at(item, "text"), role, part);
    }
}

static void add_tools(struct spots *s, json_t *tools)
{
    json_t *tool, *function, *one;
    size_t i, j;

    json_array_foreach(tools, i, tool)
    {
        add(s, at(tool, "description"), ROLE_SYSTEM, PART_TOOL_DEF);
        add(s, at(at(tool, "function"), "description"), ROLE_SYSTEM,
            PART_TOOL_DEF);
        function = at(tool, "functionDeclarations");
        if (function == NULL)
            function = at(tool, "function_declarations");
        json_array_foreach(function, j, one)
            add(s, at(one, "description"), ROLE_SYSTEM, PART_TOOL_DEF);
    }
}

/* ---- OpenAI chats and what is like them --------------------------------- */

static enum role role_of(json_t *message)
{
    if (is(message, "role", "system") || is(message, "role", "developer"))
        return ROLE_SYSTEM;
    if (is(message, "role", "tool") || is(message, "role", "function"))
        return ROLE_TOOL;
    if (is(message, "role", "assistant") || is(message, "role", "model"))
        return ROLE_ASSISTANT;
    return ROLE_USER;
}

static void add_calls(struct spots *s, json_t *calls)
{
    json_t *call, *arguments;
    size_t i;

    json_array_foreach(calls, i, call)
    {
        json_t *function = at(call, "function");

        add(s, at(function, "name"), ROLE_ASSISTANT, PART_TOOL_NAME);
        arguments = at(function, "arguments");
        if (json_is_string(arguments))
            add_nested(s, arguments, PART_TOOL_ARGS);
        else
            add_all(s, arguments, ROLE_ASSISTANT, PART_TOOL_ARGS);
    }
}

static void add_chat_message(struct spots *s, json_t *m, enum role role)
{
    enum part part = role == ROLE_TOOL ? PART_TOOL_RESULT : PART_TEXT;

    add_content(s, at(m, "content"), role, part);
    if (role == ROLE_ASSISTANT)
        add_calls(s, at(m, "tool_calls"));
    add(s, at(m, "reasoning_content"), role, PART_REASONING);
    add(s, at(m, "thinking"), role, PART_REASONING);
}

static void chat_asked(struct spots *s, json_t *body)
{
    json_t *m;
    size_t i;

    json_array_foreach(at(body, "messages"), i, m)
        add_chat_message(s, m, role_of(m));
    add_tools(s, at(body, "tools"));
}

static void chat_said(struct spots *s, json_t *body)
{
    json_t *choice;
    size_t i;

    json_array_foreach(at(body, "choices"), i, choice)
        add_chat_message(s, at(choice, "message"), ROLE_ASSISTANT);
    add_chat_message(s, at(body, "message"), ROLE_ASSISTANT);
}

/* ---- Responses ---------------------------------------------------------- */

static void add_item(struct spots *s, json_t *item, enum role role)
{
    json_t *one;
    size_t i;

    if (is(item, "type", "function_call")) {
        add(s, at(item, "name"), ROLE_ASSISTANT, PART_TOOL_NAME);
        add_nested(s, at(item, "arguments"), PART_TOOL_ARGS);
    } else if (is(item, "type", "function_call_output")) {
        add_content(s, at(item, "output"), ROLE_TOOL, PART_TOOL_RESULT);
    } else if (is(item, "type", "reasoning")) {
        json_array_foreach(at(item, "summary"), i, one)
            add(s, at(one, "text"), ROLE_ASSISTANT, PART_REASONING);
    } else if (at(item, "type") == NULL || is(item, "type", "message")) {
        add_content(s, at(item, "content"), role, PART_TEXT);
    }
}

static void responses_asked(struct spots *s, json_t *body)
{
    json_t *item;
    size_t i;

    add(s, at(body, "instructions"), ROLE_SYSTEM, PART_TEXT);
    add(s, at(body, "input"), ROLE_USER, PART_TEXT);
    json_array_foreach(at(body, "input"), i, item)
        add_item(s, item, role_of(item));
    add_tools(s, at(body, "tools"));
}

static void responses_said(struct spots *s, json_t *body)
{
    json_t *item;
    size_t i;

    json_array_foreach(at(body, "output"), i, item)
        add_item(s, item, ROLE_ASSISTANT);
}

/* ---- Anthropic ---------------------------------------------------------- */

static void add_block(struct spots *s, json_t *block, enum role role)
{
    if (is(block, "type", "text")) {
        add(s, at(block, "text"), role, PART_TEXT);
    } else if (is(block, "type", "thinking")) {
        add(s, at(block, "thinking"), ROLE_ASSISTANT, PART_REASONING);
    } else if (is(block, "type", "tool_use")) {
        add(s, at(block, "name"), ROLE_ASSISTANT, PART_TOOL_NAME);
        add_all(s, at(block, "input"), ROLE_ASSISTANT, PART_TOOL_ARGS);
    } else if (is(block, "type", "tool_result")) {
        add_content(s, at(block, "content"), ROLE_TOOL, PART_TOOL_RESULT);
    }
}

static void messages_asked(struct spots *s, json_t *body)
{
    json_t *m, *block;
    size_t i, j;

    add_content(s, at(body, "system"), ROLE_SYSTEM, PART_TEXT);
    json_array_foreach(at(body, "messages"), i, m)
    {
        add(s, at(m, "content"), role_of(m), PART_TEXT);
        json_array_foreach(at(m, "content"), j, block)
            add_block(s, block, role_of(m));
    }
    add_tools(s, at(body, "tools"));
}

static void messages_said(struct spots *s, json_t *body)
{
    json_t *block;
    size_t i;

    json_array_foreach(at(body, "content"), i, block)
        add_block(s, block, ROLE_ASSISTANT);
}

/* ---- Gemini ------------------------------------------------------------- */

/* In either spelling. */
static json_t *either(json_t *value, const char *camel, const char *snake)
{
    json_t *found = at(value, camel);

    return found != NULL ? found : at(value, snake);
}

static void add_part(struct spots *s, json_t *part, enum role role)
{
    json_t *call = either(part, "functionCall", "function_call");
    json_t *answer = either(part, "functionResponse", "function_response");

    add(s, at(part, "text"), role,
        role == ROLE_ASSISTANT && json_is_true(at(part, "thought"))
            ? PART_REASONING
            : PART_TEXT);
    add(s, at(call, "name"), ROLE_ASSISTANT, PART_TOOL_NAME);
    add_all(s, at(call, "args"), ROLE_ASSISTANT, PART_TOOL_ARGS);
    add_all(s, at(answer, "response"), ROLE_TOOL, PART_TOOL_RESULT);
}

static void add_parts(struct spots *s, json_t *content, enum role role)
{
    json_t *parts = at(content, "parts"), *part;
    size_t i;

    if (json_is_object(parts))
        add_part(s, parts, role);
    json_array_foreach(parts, i, part) add_part(s, part, role);
}

static void gemini_asked(struct spots *s, json_t *body)
{
    json_t *whole =
        either(body, "generateContentRequest", "generate_content_request");
    json_t *m;
    size_t i;

    if (whole != NULL)
        body = whole;
    add_parts(s, either(body, "systemInstruction", "system_instruction"),
              ROLE_SYSTEM);
    json_array_foreach(at(body, "contents"), i, m) add_parts(s, m, role_of(m));
    json_array_foreach(at(body, "requests"), i, m)
        add_parts(s, at(m, "content"), ROLE_USER);
    add_tools(s, at(body, "tools"));
}

static void gemini_said(struct spots *s, json_t *body)
{
    json_t *one;
    size_t i;

    json_array_foreach(at(body, "candidates"), i, one)
        add_parts(s, at(one, "content"), ROLE_ASSISTANT);
}

/* ---- The rest ----------------------------------------------------------- */

static void plain_asked(struct spots *s, json_t *body)
{
    add(s, at(body, "instructions"), ROLE_SYSTEM, PART_TEXT);
    add(s, at(body, "system"), ROLE_SYSTEM, PART_TEXT);
    add(s, at(body, "prompt"), ROLE_USER, PART_TEXT);
    add_content(s, at(body, "input"), ROLE_USER, PART_TEXT);
    add(s, at(body, "query"), ROLE_USER, PART_TEXT);
    add_all(s, at(at(body, "params"), "arguments"), ROLE_ASSISTANT,
            PART_TOOL_ARGS);
}

static void thread_said(struct spots *s, json_t *body)
{
    json_t *one;
    size_t i;

    add(s, at(body, "instructions"), ROLE_SYSTEM, PART_TEXT);
    json_array_foreach(at(body, "content"), i, one)
        add(s, at(at(one, "text"), "value"), role_of(body), PART_TEXT);
}

static void plain_said(struct spots *s, json_t *body)
{
    json_t *one;
    size_t i;

    add(s, at(body, "response"), ROLE_ASSISTANT, PART_TEXT);
    json_array_foreach(at(body, "choices"), i, one)
        add(s, at(one, "text"), ROLE_ASSISTANT, PART_TEXT);
    json_array_foreach(at(body, "data"), i, one)
        add(s, at(one, "revised_prompt"), ROLE_ASSISTANT, PART_TEXT);
}

static const struct {
    const char *api;
    void (*asked)(struct spots *s, json_t *body);
    void (*said)(struct spots *s, json_t *body);
} readers[] = {
    {"chat", chat_asked, chat_said},
    {"api-chat", chat_asked, chat_said},
    {"responses", responses_asked, responses_said},
    {"responses-compact", responses_asked, responses_said},
    {"responses-input-tokens", responses_asked, responses_said},
    {"messages", messages_asked, messages_said},
    {"count-tokens", messages_asked, messages_said},
    {"generateContent", gemini_asked, gemini_said},
    {"streamGenerateContent", gemini_asked, gemini_said},
    {"countTokens", gemini_asked, gemini_said},
    {"embed", gemini_asked, gemini_said},
    {"assistants", plain_asked, thread_said},
    {"threads", plain_asked, thread_said},
};

static void read_with(struct spots *s, const char *api, json_t *body,
                      bool asked)
{
    s->count = 0;
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (strcmp(readers[i].api, api) != 0)
            continue;
        (asked ? readers[i].asked : readers[i].said)(s, body);
        return;
    }
    (asked ? plain_asked : plain_said)(s, body);
}

void spots_asked(const struct recorded *r, struct spots *ret)
{
    read_with(ret, r->api, r->asked, true);
}

void spots_said(const struct recorded *r, struct spots *ret)
{
    read_with(ret, r->api, r->said, false);
}

void spots_free(struct spots *s)
{
    for (size_t i = 0; i < s->count; i++)
        json_decref(s->list[i].inner);
    s->count = 0;
}

struct str spot_text(const struct spot *s)
{
    return (struct str){json_string_value(s->node),
                        json_string_length(s->node)};
}

void spot_put(const struct spot *s, const char *text)
{
    char *whole;

    json_string_set(s->node, text);
    if (s->outer == NULL)
        return;
    whole = json_dumps(s->inner, JSON_COMPACT | JSON_ENCODE_ANY);
    json_string_set(s->outer, whole);
    free(whole);
}
