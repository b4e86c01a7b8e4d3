// One session of Node, by `https` or `fetch`; see client.py for what is
// printed. The server's authority comes by NODE_EXTRA_CA_CERTS.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');

const [kind, , ...rest] = process.argv.slice(2);
const scheme = rest.length > 1 && rest[1].startsWith('http:') ? http : https;
const agent = new scheme.Agent({ keepAlive: true, maxSockets: 1 });

function byHttps(method, url, body, headers) {
    return new Promise((resolve, reject) => {
        const request = scheme.request(url, { method, headers, agent });
        request.on('error', reject);
        request.on('response', (answer) => {
            const pieces = [];
            answer.on('error', reject);
            answer.on('data', (piece) => pieces.push(piece));
            answer.on('end', () => resolve({
                data: Buffer.concat(pieces),
                status: answer.statusCode,
                retry: answer.headers['x-should-retry'],
            }));
        });
        request.end(body);
    });
}

async function byFetch(method, url, body, headers) {
    const answer = await fetch(url, { method, headers, body });
    return {
        data: Buffer.from(await answer.arrayBuffer()),
        status: answer.status,
        retry: answer.headers.get('x-should-retry'),
    };
}

async function one([method, url, file]) {
    const body = file === '-' ? undefined : fs.readFileSync(file);
    const headers = body ? { 'Content-Type': 'application/json' } : {};
    const ask = kind === 'fetch' ? byFetch : byHttps;
    const { data, status, retry } = await ask(method, url, body, headers);
    fs.writeSync(1, data);
    fs.writeSync(1, `\nSTATUS ${status} retry=${retry || ''}\n`);
}

async function all() {
    const jobs = [];
    for (let i = 0; i + 2 < rest.length; i += 3)
        jobs.push(rest.slice(i, i + 3));
    if (process.env.AT_ONCE)
        await Promise.all(jobs.map(one));
    else
        for (const job of jobs)
            await one(job);
    agent.destroy();
}

all().catch((error) => {
    process.stderr.write(`${error.stack} ${error.cause || ''}\n`);
    process.exitCode = 1;
});
