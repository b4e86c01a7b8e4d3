// Node's http2: http2.js CA ORIGIN PATH BODYFILE... - all at once, on one
// session. Prints each body and `STATUS code`.
const fs = require('fs');
const http2 = require('http2');

const [ca, origin, path, ...names] = process.argv.slice(2);
const session = http2.connect(origin, { ca: fs.readFileSync(ca) });
let left = names.length;

session.on('error', (error) => {
    console.error(error);
    process.exit(1);
});
for (const name of names) {
    const request = session.request({
        ':method': 'POST', ':path': path, 'content-type': 'application/json',
    });
    let status = 0, body = '';
    request.setEncoding('utf8');
    request.on('response', (head) => { status = head[':status']; });
    request.on('data', (piece) => { body += piece; });
    request.on('error', (error) => { body += error; });
    request.on('close', () => {
        console.log(body);
        console.log('STATUS ' + status);
        if (--left === 0)
            session.close();
    });
    request.end(fs.readFileSync(name));
}
