// The SDK of OpenAI uploads files, with its retries as they are by default:
//
//     node upload.mjs MODULES BASE PURPOSE FILE...
//
// prints "sent" or "error NAME STATUS CODE" for each.
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, base, purpose, ...files] = process.argv.slice(2);
const require = createRequire(pathToFileURL(modules + "/"));
const { default: OpenAI } =
    await import(pathToFileURL(require.resolve("openai")));
const client = new OpenAI({ apiKey: "test", baseURL: base + "/v1" });

for (const file of files) {
    try {
        await client.files.create({ file: createReadStream(file), purpose });
        console.log("sent");
    } catch (e) {
        console.log(`error ${e.constructor.name} ${e.status} ${e.code}`);
    }
}
