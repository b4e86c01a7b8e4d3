#!/usr/bin/python3
"""A TLS server for the tests that answers like the model providers do.

    llmserver.py --dir DIR --cert FILE --key FILE [--tls 1.2|1.3]
                 [--alpn h2,http/1.1] [--plain]

It binds a free port of 127.0.0.1 and 127.0.0.2, with --plain of ::1 too, where
it then speaks without TLS, and prints `port N`. Every byte that a client
sends is written, as it arrives, to DIR/conn-N.in, one file a connection; how
the connection went (protocol, ALPN, requests, its end) to DIR/conn-N.log.
No session tickets are sent: nothing but the answer is ever readable.

Paths
    /v1/chat/completions /v1/responses /v1/messages    by the body's `stream`
    /api/chat           as Ollama does: lines of JSON where `stream` is not false
    /v1/anything        JSON of no known shape
    /echo               the body back, as it came
    /big?n=N            N bytes
    /status/204, /get   small answers; HEAD everywhere
    /redirect?to=URL    307

Options stand in the query, or in a header `x-test: te=chunked&say=key`
    te=length|chunked|close     framing of the answer
    gzip=1                      the answer compressed
    say=hello|key|person|forbidden     what the model says
    say=user|system             ... is what the user, or the system prompt, said
    say=SYSTEM                  ... that in capital letters
    say=base64                  ... that in base64
    delta=N                     characters in one streamed piece
    as=tool|twice               say it as the arguments of a tool call; twice:
                                in two interleaved choices (chat only)
    wait=MS                     pause between streamed events
    slow=1                      read the body 16 KB each 4 ms
    no100=1                     do not answer Expect: 100-continue
"""

import argparse
import base64
import gzip
import json
import os
import socket
import ssl
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

# Made up. In two halves, so that no key-shaped literal stands here.
KEY = "AKIA" + "PR7INFP33UO5PSZK"

SAY = {
    "hello": "Hello from the test model: all \u00fcber \U0001f600 fine.",
    "key": "The key is " + KEY + ", keep it safe. \u00dc \U0001f600 done.",
    "person": "Ms. Falkenberg (passport no. KX4821073, \u043f\u0430\u0441"
    "\u043f\u043e\u0440\u0442 C48210735, card 4111 1111 1111 1111) calls.",
    "forbidden": "Some words first, then the FORBIDDEN-PLUM and more after.",
}


def said(ask, what):
    """What the model says to a request."""
    if what == "base64":
        return base64.b64encode(said(ask, "system").encode()).decode()
    if what.lower() not in ("user", "system"):
        return SAY[what]
    texts = [m["content"] for m in ask.get("messages", [])
             if m["role"] == what.lower()]
    if isinstance(ask.get("input"), str):
        texts.append(ask["input"])
    if what.lower() == "system":
        texts += [ask[k] for k in ("system", "instructions") if k in ask]
    return texts[-1].upper() if what.isupper() else texts[-1]


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def chunks_chat(pieces, model, way):
    base = {
        "id": "chatcmpl-test1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": model,
        "system_fingerprint": "fp_test",
    }

    def event(delta, finish, index=0):
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish,
        }
        return None, dict(base, choices=[choice])

    def call(arguments, **more):
        function = dict({"arguments": arguments}, **more.pop("function", {}))
        return {"tool_calls": [dict({"index": 0, "function": function},
                                    **more)]}

    yield event({"role": "assistant", "content": "", "refusal": None}, None)
    if way == "tool":
        yield event(call("", id="call_1", type="function",
                         function={"name": "note"}), None)
        for piece in pieces:
            yield event(call(piece), None)
        yield event({}, "tool_calls")
    else:
        for piece in pieces:
            yield event({"content": piece}, None)
            if way == "twice":
                yield event({"content": piece}, None, 1)
        yield event({}, "stop")
        if way == "twice":
            yield event({}, "stop", 1)
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    yield None, dict(base, choices=[], usage=usage)
    yield None, "[DONE]"


def responses_object(model, status, output):
    usage = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21}
    return {
        "id": "resp_test1",
        "object": "response",
        "created_at": 1700000000,
        "status": status,
        "model": model,
        "output": output,
        "usage": usage if output else None,
    }


def responses_item(text, status):
    part = {"type": "output_text", "text": text, "annotations": []}
    return {
        "id": "msg_test1",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part] if text else [],
    }


def chunks_responses_tool(pieces, model):
    text = "".join(pieces)
    at = {"item_id": "fc_test1", "output_index": 0}
    item = {
        "id": "fc_test1",
        "type": "function_call",
        "status": "in_progress",
        "call_id": "call_1",
        "name": "note",
        "arguments": "",
    }
    done = dict(item, status="completed", arguments=text)
    kind = "response.function_call_arguments"
    yield "response.created", {
        "response": responses_object(model, "in_progress", [])}
    yield "response.output_item.added", {"output_index": 0, "item": item}
    for piece in pieces:
        yield kind + ".delta", dict(at, delta=piece)
    yield kind + ".done", dict(at, arguments=text)
    yield "response.output_item.done", {"output_index": 0, "item": done}
    yield "response.completed", {
        "response": responses_object(model, "completed", [done])}


def chunks_responses_text(pieces, model):
    text = "".join(pieces)
    at = {"item_id": "msg_test1", "output_index": 0, "content_index": 0}
    done = responses_item(text, "completed")
    part = done["content"][0]
    yield "response.created", {
        "response": responses_object(model, "in_progress", [])}
    yield "response.output_item.added", {
        "output_index": 0, "item": responses_item("", "in_progress")}
    yield "response.content_part.added", dict(at, part=dict(part, text=""))
    for piece in pieces:
        yield "response.output_text.delta", dict(at, delta=piece)
    yield "response.output_text.done", dict(at, text=text)
    yield "response.content_part.done", dict(at, part=part)
    yield "response.output_item.done", {"output_index": 0, "item": done}
    yield "response.completed", {
        "response": responses_object(model, "completed", [done])}


def chunks_responses(pieces, model, way):
    chunks = chunks_responses_tool if way == "tool" else chunks_responses_text
    for number, (kind, row) in enumerate(chunks(pieces, model)):
        yield kind, dict({"type": kind, "sequence_number": number}, **row)


def chunks_messages(pieces, model, way):
    block, delta, key = {"type": "text", "text": ""}, "text_delta", "text"
    if way == "tool":
        block = {"type": "tool_use", "id": "toolu_1", "name": "note",
                 "input": {}}
        delta, key = "input_json_delta", "partial_json"
    message = {
        "id": "msg_test1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    yield "message_start", {"type": "message_start", "message": message}
    yield "content_block_start", {
        "type": "content_block_start",
        "index": 0,
        "content_block": block,
    }
    yield "ping", {"type": "ping"}
    for piece in pieces:
        yield "content_block_delta", {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": delta, key: piece},
        }
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    yield "message_delta", {
        "type": "message_delta",
        "delta": {
            "stop_reason": "tool_use" if way == "tool" else "end_turn",
            "stop_sequence": None,
        },
        "usage": {"output_tokens": 12},
    }
    yield "message_stop", {"type": "message_stop"}


def whole_chat(text, model):
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    return {
        "id": "chatcmpl-test1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def whole_responses(text, model):
    item = responses_item(text, "completed")
    return responses_object(model, "completed", [item])


def whole_messages(text, model):
    return {
        "id": "msg_test1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 12},
    }


def whole_ollama(text, model):
    return {
        "model": model,
        "created_at": "2024-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": text},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 9,
        "eval_count": 12,
    }


def lines_ollama(pieces, model, way):
    for piece in pieces:
        row = whole_ollama(piece, model)
        for name in "done_reason", "prompt_eval_count", "eval_count":
            del row[name]
        yield None, dict(row, done=False)
    yield None, whole_ollama("", model)


APIS = {
    "/api/chat": (whole_ollama, lines_ollama),
    "/v1/chat/completions": (whole_chat, chunks_chat),
    "/v1/responses": (whole_responses, chunks_responses),
    "/v1/messages": (whole_messages, chunks_messages),
}


class Gone(Exception):
    """The client went away in the middle of a request."""


class Connection:
    def __init__(self, server, sock, number):
        self.server = server
        self.sock = sock
        self.buffer = b""
        self.pause = 0.0
        name = os.path.join(server.args.dir, "conn-%d" % number)
        self.record = open(name + ".in", "wb", buffering=0)
        self.journal = open(name + ".log", "w", buffering=1)

    def note(self, *words):
        print(*words, file=self.journal)

    # --- Reading: everything that comes is recorded first.

    def more(self):
        if self.pause:
            time.sleep(self.pause)
        piece = self.sock.recv(16384)
        if not piece:
            return False
        self.record.write(piece)
        self.buffer += piece
        return True

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise Gone
        row, self.buffer = self.buffer.split(b"\r\n", 1)
        return row

    def take(self, count):
        if not self.pause and len(self.buffer) >= count:
            data, self.buffer = self.buffer[:count], self.buffer[count:]
            return data
        parts = [self.buffer[:count]]
        have = len(parts[0])
        self.buffer = self.buffer[count:]
        while have < count:
            if not self.more():
                raise Gone
            part = self.buffer[:count - have]
            self.buffer = self.buffer[len(part):]
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def head(self):
        while not self.buffer:
            if not self.more():
                return None
        method, target, _ = self.line().decode("latin-1").split(" ")
        fields = {}
        while True:
            row = self.line().decode("latin-1")
            if not row:
                return method, target, fields
            name, value = row.split(":", 1)
            fields[name.strip().lower()] = value.strip()

    def body(self, fields):
        if "chunked" in fields.get("transfer-encoding", "").lower():
            parts = []
            while True:
                size = int(self.line().split(b";")[0], 16)
                if size == 0:
                    while self.line():
                        pass
                    return b"".join(parts)
                parts.append(self.take(size))
                self.take(2)
        return self.take(int(fields.get("content-length", "0")))

    # --- Answering

    def answer(self, status, fields, body, options, method="POST"):
        framing = options.get("te", "length")
        head = ["HTTP/1.1 " + status, "Date: Mon, 01 Jan 2024 00:00:00 GMT"]
        head += fields
        if options.get("gzip"):
            head.append("Content-Encoding: gzip")
            body = gzip.compress(body, mtime=0)
        if status.startswith("204"):
            framing = "none"
        if framing == "length":
            head.append("Content-Length: %d" % len(body))
        elif framing == "chunked":
            head.append("Transfer-Encoding: chunked")
        elif framing == "close":
            head.append("Connection: close")
        self.sock.sendall("\r\n".join(head + ["", ""]).encode())
        if method == "HEAD" or framing == "none":
            return True
        if framing != "chunked":
            self.sock.sendall(body)
            return framing != "close"
        for start in range(0, len(body), 1000):
            piece = body[start:start + 1000]
            self.sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.sock.sendall(b"0\r\n\r\n")
        return True

    def stream(self, events, options, lines=False):
        framing = options.get("te", "chunked")
        kind = "text/event-stream; charset=utf-8"
        head = [
            "HTTP/1.1 200 OK",
            "Content-Type: " + ("application/x-ndjson" if lines else kind),
            "Cache-Control: no-cache",
        ]
        if framing == "length":
            framing = "chunked"
        squeeze = None
        if options.get("gzip"):
            import zlib
            squeeze = zlib.compressobj(wbits=31)
            head.append("Content-Encoding: gzip")
        if framing == "chunked":
            head.append("Transfer-Encoding: chunked")
        else:
            head.append("Connection: close")
        self.sock.sendall("\r\n".join(head + ["", ""]).encode())

        def send(data):
            if data and framing == "chunked":
                data = b"%x\r\n%s\r\n" % (len(data), data)
            if data:
                self.sock.sendall(data)

        for kind, value in events:
            data = value if isinstance(value, str) else compact(value)
            row = ("event: %s\n" % kind if kind else "") + "data: %s\n\n" % data
            row = (data + "\n" if lines else row).encode()
            if squeeze:
                row = squeeze.compress(row) + squeeze.flush(2)
            send(row)
            if options.get("wait"):
                time.sleep(int(options["wait"]) / 1000)
        if squeeze:
            send(squeeze.flush())
        if framing == "chunked":
            self.sock.sendall(b"0\r\n\r\n")
        return framing == "chunked"

    def model(self, path, body, options):
        request = json.loads(body)
        text = said(request, options.get("say", "hello"))
        name = request.get("model", "test-model")
        whole, chunks = APIS[path]
        lines = chunks is lines_ollama
        if not request.get("stream", lines):
            data = compact(whole(text, name)).encode()
            fields = ["Content-Type: application/json", "x-request-id: req_1"]
            return self.answer("200 OK", fields, data, options)
        way = options.get("as", "text")
        if way == "tool":
            text = json.dumps({"note": text, "list": [text]})
        step = int(options.get("delta", "3"))
        pieces = [text[i:i + step] for i in range(0, len(text), step)]
        return self.stream(chunks(pieces, name, way), options, lines)

    def serve_one(self):
        """One request. False when the connection is to be closed."""
        top = self.head()
        if top is None:
            return False
        method, target, fields = top
        where = urlsplit(target)
        options = {k: v[0] for k, v in parse_qs(where.query).items()}
        given = parse_qs(fields.get("x-test", ""))
        options.update({k: v[0] for k, v in given.items()})
        self.note("request", method, where.path)
        if fields.get("expect", "").lower() == "100-continue":
            if not options.get("no100"):
                self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.pause = 0.004 if options.get("slow") else 0.0
        body = self.body(fields)
        self.pause = 0.0
        keep = self.respond(method, where.path, fields, body, options)
        return keep and fields.get("connection", "").lower() != "close"

    def respond(self, method, path, fields, body, options):
        text = ["Content-Type: text/plain"]
        if path in APIS and method == "POST":
            return self.model(path, body, options)
        if path == "/echo":
            kind = fields.get("content-type", "application/octet-stream")
            return self.answer("200 OK", ["Content-Type: " + kind], body,
                               options)
        if path == "/big":
            data = b"0123456789abcdef" * (int(options["n"]) // 16)
            return self.answer("200 OK", text, data, options, method)
        if path == "/status/204":
            return self.answer("204 No Content", [], b"", options)
        if path == "/redirect":
            where = ["Location: " + options["to"]]
            return self.answer("307 Temporary Redirect", where, b"", options)
        if path == "/count":
            data = compact({"bytes": len(body)}).encode()
            return self.answer("200 OK", ["Content-Type: application/json"],
                               data, options, method)
        data = compact({"path": path, "note": SAY[options.get("say", "hello")]})
        return self.answer("200 OK", ["Content-Type: application/json"],
                           data.encode(), options, method)

    def run(self):
        try:
            if self.server.args.plain:
                self.note("plain")
            else:
                self.note("tls", self.sock.version(), "alpn",
                          self.sock.selected_alpn_protocol())
            while self.serve_one():
                pass
            self.note("end closed")
        except Gone:
            self.note("end gone")
        except (OSError, ValueError) as error:
            self.note("end", type(error).__name__, error)
        finally:
            try:
                if not self.server.args.plain:
                    self.sock.settimeout(1)
                    self.sock.unwrap()
            except (OSError, ValueError):
                pass
            self.sock.close()
            self.record.close()
            self.journal.close()


class Server:
    def __init__(self, args):
        self.args = args
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
        if args.tls:
            version = {"1.2": ssl.TLSVersion.TLSv1_2,
                       "1.3": ssl.TLSVersion.TLSv1_3}[args.tls]
            context.minimum_version = context.maximum_version = version
        if args.curve:
            context.set_ecdh_curve(args.curve)
        if args.alpn:
            context.set_alpn_protocols(args.alpn.split(","))
        self.context = context
        self.lock = threading.Lock()
        self.number = 0  # of connections whose handshake is done
        self.listeners = self.listen()

    def listen(self):
        while True:
            one = socket.create_server(("127.0.0.1", 0), backlog=128)
            port = one.getsockname()[1]
            try:
                all = [one, socket.create_server(("127.0.0.2", port),
                                                 backlog=128)]
                if self.args.plain:
                    all.append(socket.create_server(
                        ("::1", port), family=socket.AF_INET6, backlog=128))
                return all
            except OSError:  # somebody has it there
                one.close()

    def session(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if not self.args.plain:
                sock = self.context.wrap_socket(sock, server_side=True)
        except (OSError, ssl.SSLError):
            sock.close()
            return
        with self.lock:
            self.number += 1
            connection = Connection(self, sock, self.number)
        connection.run()

    def run(self):
        print("port", self.listeners[0].getsockname()[1], flush=True)
        for listener in self.listeners[1:]:
            threading.Thread(target=self.accept, args=(listener,),
                             daemon=True).start()
        self.accept(self.listeners[0])

    def accept(self, listener):
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=self.session, args=(sock,),
                             daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--tls", choices=("1.2", "1.3"))
    parser.add_argument("--alpn")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--curve")
    args = parser.parse_args()
    try:
        Server(args).run()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
