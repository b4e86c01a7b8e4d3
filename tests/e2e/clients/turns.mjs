// A conversation of several turns with the OpenAI SDK, which keeps what it reads
// and sends all of it again:
//
//     node turns.mjs MODULES BASE TEXT...
//
// Each TEXT is a turn, in turn streamed and whole; the server says it back. For
// each it prints "said ...". Last the server says the last TEXT as the arguments
// of a call of the tool `note`, streamed: "note ...".
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, base, ...texts] = process.argv.slice(2);
const require = createRequire(pathToFileURL(modules + "/"));
const { default: OpenAI } = await import(
    pathToFileURL(require.resolve("openai")));
const client = new OpenAI({
    apiKey: "test", baseURL: base + "/v1", maxRetries: 0,
});
const messages = [];

async function turn(stream, test) {
    const said = { text: "", args: "" };
    const answer = await client.chat.completions.create(
        { model: "m", messages, stream }, { headers: { "x-test": test } });
    if (!stream) {
        said.text = answer.choices[0].message.content;
        return said;
    }
    for await (const part of answer) {
        const delta = part.choices[0]?.delta ?? {};
        said.text += delta.content ?? "";
        said.args += delta.tool_calls?.[0].function.arguments ?? "";
    }
    return said;
}

for (const [i, content] of texts.entries()) {
    messages.push({ role: "user", content });
    const { text } = await turn(i % 2 === 0, "say=user&delta=4");
    console.log("said " + text);
    messages.push({ role: "assistant", content: text });
}
const { args } = await turn(true, "say=user&as=tool&delta=3");
console.log("note " + JSON.parse(args).note);
