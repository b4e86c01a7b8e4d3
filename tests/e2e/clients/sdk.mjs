// The SDKs of model providers, each asked by the same few words:
//
//     node sdk.mjs MODULES SDK BASE [-r] [-s] TEXT...
//
// asks TEXT after TEXT of BASE (https://host:port), with -s as a stream, and
// prints for each "said ..." with the answer, or "error STATUS NAME ...". With
// -r the SDK may ask again as often as it does by itself, else never. The
// modules are those of the folder MODULES. TEXTs joined by "+" are asked in
// parallel. What a stream had said before it failed stands behind the error.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, sdk, base, ...rest] = process.argv.slice(2);
const again = rest[0] === "-r";
if (again)
    rest.shift();
const stream = rest[0] === "-s";
const texts = stream ? rest.slice(1) : rest;
const retries = (name, none = 0) => again ? {} : { [name]: none };
const require = createRequire(pathToFileURL(modules + "/"));
const load = (name) => import(pathToFileURL(require.resolve(name)));

async function joined(parts, textOf) {
    let all = "";
    try {
        for await (const part of parts)
            all += textOf(part) ?? "";
    } catch (e) {
        e.before = all;
        throw e;
    }
    return all;
}

// Vercel's package, which speaks to many through one interface.
async function vercel(model) {
    globalThis.AI_SDK_LOG_WARNINGS = false;
    const { generateText, streamText } = await load("ai");
    return async (prompt) => {
        let failed;
        const asked = {
            model, prompt, ...retries("maxRetries"),
            onError: ({ error }) => { failed = error; },
        };
        if (!stream)
            return (await generateText(asked)).text;
        const all = await joined(streamText(asked).textStream, (p) => p);
        if (failed)
            throw Object.assign(failed, { before: all });
        return all;
    };
}

const sdks = {
    async openai() {
        const { default: OpenAI } = await load("openai");
        const client = new OpenAI({
            apiKey: "test", baseURL: base + "/v1", ...retries("maxRetries"),
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
            apiKey: "test", baseURL: base + "/v1", ...retries("maxRetries"),
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
            apiKey: "test", baseURL: base, ...retries("maxRetries"),
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
    async mistral() {
        const { Mistral } = await load("@mistralai/mistralai");
        const client = new Mistral({ apiKey: "test", serverURL: base });
        return async (text) => {
            const asked = {
                model: "mistral-small",
                messages: [{ role: "user", content: text }],
            };
            return stream
                ? joined(await client.chat.stream(asked),
                    (p) => p.data.choices[0]?.delta?.content)
                : (await client.chat.complete(asked))
                    .choices[0].message.content;
        };
    },
    async cohere() {
        const { CohereClientV2 } = await load("cohere-ai");
        const client = new CohereClientV2({
            token: "test", environment: base, ...retries("maxRetries"),
        });
        return async (text) => {
            const asked = {
                model: "command-r", messages: [{ role: "user", content: text }],
            };
            return stream
                ? joined(await client.chatStream(asked),
                    (p) => p.delta?.message?.content?.text)
                : (await client.chat(asked)).message.content[0].text;
        };
    },
    async ai() {
        const { createOpenAI } = await load("@ai-sdk/openai");
        return vercel(createOpenAI({
            apiKey: "test", baseURL: base + "/v1",
        }).chat("gpt-4o"));
    },
    async "ai-anthropic"() {
        const { createAnthropic } = await load("@ai-sdk/anthropic");
        return vercel(createAnthropic({
            apiKey: "test", baseURL: base + "/v1",
        })("claude-sonnet-test"));
    },
    async "ai-google"() {
        const { createGoogleGenerativeAI } = await load("@ai-sdk/google");
        return vercel(createGoogleGenerativeAI({
            apiKey: "test", baseURL: base + "/v1beta",
        })("gemini-2.0-flash"));
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
        const name = e.name !== "Error" ? e.name : e.constructor.name;
        const before = e.before ? ` (after: ${e.before})` : "";
        return `error ${status} ${name} ${e.message}${before}`
            .replaceAll("\n", " ");
    }
}

for (const text of texts)
    for (const said of await Promise.all(text.split("+").map(line)))
        console.log(said);
