// The SDKs of model providers, each asked by the same few words:
//
//     node sdk.mjs MODULES SDK BASE [-s] TEXT...
//
// asks TEXT after TEXT of BASE (https://host:port), with -s as a stream, and
// prints for each "said ..." with the answer, or "error STATUS ...". The modules
// are those of the folder MODULES. TEXTs joined by "+" are asked in parallel.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, sdk, base, ...rest] = process.argv.slice(2);
const stream = rest[0] === "-s";
const texts = stream ? rest.slice(1) : rest;
const require = createRequire(pathToFileURL(modules + "/"));
const load = (name) => import(pathToFileURL(require.resolve(name)));

async function joined(parts, textOf) {
    let all = "";
    for await (const part of parts)
        all += textOf(part) ?? "";
    return all;
}

const sdks = {
    async openai() {
        const { default: OpenAI } = await load("openai");
        const client = new OpenAI({
            apiKey: "test", baseURL: base + "/v1", maxRetries: 0,
        });
        return async (text) => {
            const answer = await client.chat.completions.create({
                model: "gpt-4o", stream,
                messages: [{ role: "user", content: text }],
            });
            return stream
                ? joined(answer, (p) => p.choices[0]?.delta?.content)
                : answer.choices[0].message.content;
        };
    },
    async "openai-responses"() {
        const { default: OpenAI } = await load("openai");
        const client = new OpenAI({
            apiKey: "test", baseURL: base + "/v1", maxRetries: 0,
        });
        return async (text) => {
            const answer = await client.responses.create({
                model: "gpt-4o", stream, input: text,
            });
            return stream
                ? joined(answer, (p) =>
                    p.type === "response.output_text.delta" ? p.delta : "")
                : answer.output_text;
        };
    },
    async anthropic() {
        const { default: Anthropic } = await load("@anthropic-ai/sdk");
        const client = new Anthropic({
            apiKey: "test", baseURL: base, maxRetries: 0,
        });
        return async (text) => {
            const answer = await client.messages.create({
                model: "claude-sonnet-test", max_tokens: 100, stream,
                messages: [{ role: "user", content: text }],
            });
            return stream
                ? joined(answer, (p) => p.delta?.text)
                : answer.content[0].text;
        };
    },
    async genai() {
        const { GoogleGenAI } = await load("@google/genai");
        const client = new GoogleGenAI({
            apiKey: "test", httpOptions: { baseUrl: base },
        });
        return async (text) => {
            const asked = { model: "gemini-2.0-flash", contents: text };
            return stream
                ? joined(await client.models.generateContentStream(asked),
                    (p) => p.text)
                : (await client.models.generateContent(asked)).text;
        };
    },
    async ollama() {
        const { Ollama } = await load("ollama");
        const client = new Ollama({ host: base });
        return async (text) => {
            const answer = await client.chat({
                model: "llama3", stream,
                messages: [{ role: "user", content: text }],
            });
            return stream
                ? joined(answer, (p) => p.message?.content)
                : answer.message.content;
        };
    },
    async ai() {
        const { generateText, streamText } = await load("ai");
        const { createOpenAI } = await load("@ai-sdk/openai");
        const model = createOpenAI({
            apiKey: "test", baseURL: base + "/v1",
        }).chat("gpt-4o");
        return async (prompt) => {
            let failed;
            const asked = {
                model, prompt, maxRetries: 0,
                onError: ({ error }) => { failed = error; },
            };
            if (!stream)
                return (await generateText(asked)).text;
            const all = await joined(streamText(asked).textStream, (p) => p);
            if (failed)
                throw failed;
            return all;
        };
    },
    async bedrock() {
        const aws = await load("@aws-sdk/client-bedrock-runtime");
        const client = new aws.BedrockRuntimeClient({
            region: "us-east-1", endpoint: base, maxAttempts: 1,
            credentials: { accessKeyId: "test", secretAccessKey: "test" },
        });
        return async (text) => {
            const asked = {
                modelId: "anthropic.claude-3-haiku-20240307-v1:0",
                messages: [{ role: "user", content: [{ text }] }],
            };
            if (stream) {
                const answer =
                    await client.send(new aws.ConverseStreamCommand(asked));
                return joined(answer.stream,
                    (p) => p.contentBlockDelta?.delta?.text);
            }
            const answer = await client.send(new aws.ConverseCommand(asked));
            return answer.output.message.content[0].text;
        };
    },
};

const ask = await sdks[sdk]();

async function line(text) {
    try {
        return "said " + await ask(text);
    } catch (e) {
        const status = e.status ?? e.status_code ?? e.statusCode ??
            e.$metadata?.httpStatusCode ?? e.$response?.statusCode;
        return `error ${status} ${e.message}`.replaceAll("\n", " ");
    }
}

for (const text of texts)
    for (const said of await Promise.all(text.split("+").map(line)))
        console.log(said);
