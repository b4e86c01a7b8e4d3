// AWS's SDK for Bedrock, with its retries as they are by default:
//
//     node bedrock.mjs MODULES BASE [-b] OPERATION TEXT...
//
// OPERATION is converse, stream, invoke, chunks or count. The requests are
// signed; with -b they carry an API key. For each TEXT, in turn, it prints
// "said ..." or "error NAME STATUS attempts=N said=[...] MESSAGE", where said is
// what came of a stream before its exception.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, base, ...rest] = process.argv.slice(2);
const bearer = rest[0] === "-b" && rest.shift();
const [operation, ...texts] = rest;
const require = createRequire(pathToFileURL(modules + "/"));
const aws = await import(pathToFileURL(
    require.resolve("@aws-sdk/client-bedrock-runtime")));

const client = new aws.BedrockRuntimeClient({
    region: "us-east-1", endpoint: base,
    ...(bearer
        ? { token: { token: "test" },
            authSchemePreference: ["httpBearerAuth"] }
        : { credentials: { accessKeyId: "test", secretAccessKey: "test" } }),
});
const modelId = "anthropic.claude-3-haiku-20240307-v1:0";
const converse = (text) => ({
    modelId, messages: [{ role: "user", content: [{ text }] }],
});
const invoke = (text) => JSON.stringify({
    anthropic_version: "bedrock-2023-05-31", max_tokens: 100,
    messages: [{ role: "user", content: [{ type: "text", text }] }],
});
const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

let said;
const operations = {
    async converse(text) {
        const answer = await client.send(
            new aws.ConverseCommand(converse(text)));
        said = answer.output.message.content[0].text;
    },
    async stream(text) {
        const answer = await client.send(
            new aws.ConverseStreamCommand(converse(text)));
        for await (const event of answer.stream)
            said += event.contentBlockDelta?.delta?.text ?? "";
    },
    async invoke(text) {
        const answer = await client.send(new aws.InvokeModelCommand({
            modelId, contentType: "application/json", body: invoke(text),
        }));
        said = parsed(answer.body).content[0].text;
    },
    async chunks(text) {
        const answer = await client.send(
            new aws.InvokeModelWithResponseStreamCommand({
                modelId, contentType: "application/json", body: invoke(text),
            }));
        for await (const event of answer.body)
            said += parsed(event.chunk.bytes).delta?.text ?? "";
    },
    async count(text) {
        const answer = await client.send(new aws.CountTokensCommand({
            modelId, input: {
                invokeModel: { body: new TextEncoder().encode(invoke(text)) },
            },
        }));
        said = answer.inputTokens;
    },
};

for (const text of texts) {
    said = "";
    try {
        await operations[operation](text);
        console.log("said " + said);
    } catch (e) {
        const meta = e.$metadata ?? {};
        console.log(`error ${e.name} ${meta.httpStatusCode} ` +
            `attempts=${meta.attempts} said=[${said}] ` +
            e.message.replaceAll("\n", " "));
    }
}
