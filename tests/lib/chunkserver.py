#!/usr/bin/python3
"""What aimock does not frame as the services do, for the end-to-end tests:
Bedrock's InvokeModelWithResponseStream of a model of Anthropic's, its
CountTokens, and Gemini's stream without alt=sse.

    chunkserver.py PORT ANSWERS

ANSWERS is the file of aimock: the first fixture whose word is in the request
says what the model does. Plain HTTP on 127.0.0.1.
"""

import base64
import http.server
import json
import struct
import sys
import zlib


def header(name, value):
    name, value = name.encode(), value.encode()
    return struct.pack(">B%dsBH" % len(name), len(name), name, 7,
                       len(value)) + value


def message(kind, payload):
    headers = (header(":event-type", kind)
               + header(":content-type", "application/json")
               + header(":message-type", "event"))
    front = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    front += struct.pack(">I", zlib.crc32(front))
    whole = front + headers + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def chunk(event):
    inner = base64.b64encode(json.dumps(event).encode()).decode()
    return message("chunk", json.dumps({"bytes": inner, "p": "abcd"}).encode())


def events(text):
    yield {"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "content": [],
        "model": "claude", "usage": {"input_tokens": 9, "output_tokens": 1}}}
    yield {"type": "content_block_start", "index": 0,
           "content_block": {"type": "text", "text": ""}}
    for at in range(0, len(text), 7):
        yield {"type": "content_block_delta", "index": 0,
               "delta": {"type": "text_delta", "text": text[at:at + 7]}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "usage": {"output_tokens": 12},
           "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    yield {"type": "message_stop"}


def elements(text):
    before = "["
    for at in range(0, len(text), 7):
        yield (before + json.dumps({"candidates": [{
            "content": {"parts": [{"text": text[at:at + 7]}],
                        "role": "model"}, "index": 0}]}, indent=2)).encode()
        before = "\n,\r\n"
    yield b"\n]\n"


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        if self.path.endswith("/count-tokens"):
            self.count(body)
        elif self.path.endswith(":streamGenerateContent"):
            self.stream(body, "application/json; charset=UTF-8", elements)
        else:
            self.stream(body, "application/vnd.amazon.eventstream",
                        lambda text: map(chunk, events(text)))

    def count(self, body):
        inner = base64.b64decode(body["input"]["invokeModel"]["body"])
        self.whole({"inputTokens": len(json.dumps(json.loads(inner)))})

    def whole(self, answer):
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, body, kind, pieces):
        asked = json.dumps(body)
        text = next(f["response"]["content"] for f in ANSWERS
                    if f["match"]["userMessage"] in asked)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in pieces(text):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


with open(sys.argv[2], encoding="utf-8") as answers:
    ANSWERS = json.load(answers)["fixtures"]
http.server.ThreadingHTTPServer(
    ("127.0.0.1", int(sys.argv[1])), Server).serve_forever()
