// A WebSocket client: talk.js CA URL FILE, as talk.py, by the package ws.
'use strict';
const fs = require('fs');
const WebSocket = require('ws');

const [ca, url, file] = process.argv.slice(2);
const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
const ws = new WebSocket(url, { ca: fs.readFileSync(ca) });

// As far as the next event that is waited for.
function say() {
    while (lines.length && lines[0][0] !== '?') ws.send(lines.shift());
    if (!lines.length) ws.close(1000);
}

ws.on('open', say);
ws.on('message', (data) => {
    console.log(data.toString());
    if (lines.length && lines[0] === '?' + JSON.parse(data).type) {
        lines.shift();
        say();
    }
});
ws.on('error', (e) => console.log('ERROR ' + e.message));
ws.on('close', (code, reason) => console.log('CLOSED ' + code + ' ' + reason));
