#!/usr/bin/python3
"""A WebSocket server for the tests that speaks as OpenAI's Realtime and
Responses APIs do.

    wsserver.py --dir DIR --cert FILE --key FILE [--plain]

It binds a free port of 127.0.0.1 and .2, prints `port N` and speaks TLS, with
--plain not. Each message of a client is a line of DIR/said, each end (extensions agreed on, close code
and reason) a line of DIR/ended. The client's frames are read as strictly as
the library does. permessage-deflate is offered to who asks for it.

Options stand in the query:
    say=hello|key|forbidden     what the model says
        system                  the instructions of its session
    delta=N                     characters in one piece
    pieces=N                    each message in frames of N characters
    ping=1                      a ping between all messages and their pieces
An event of type test.echo is sent back; test.close closes with 4000.
"""

import argparse
import asyncio
import json
import ssl
from urllib.parse import parse_qs, urlsplit

import websockets

# Made up. In two halves, so that no key-shaped literal stands here.
KEY = "AKIA" + "PR7INFP33UO5PSZK"

SAY = {
    "hello": "Hello from the test model: all \u00fcber \U0001f600 fine.",
    "key": "The key is " + KEY + ", keep it safe. \u00dc \U0001f600 done.",
    "forbidden": "Some words first, then the FORBIDDEN-PLUM and more after.",
}


class Talk:
    def __init__(self, ws, path, folder):
        self.ws = ws
        self.path = urlsplit(path).path
        self.options = {k: v[0] for k, v in
                        parse_qs(urlsplit(path).query).items()}
        self.folder = folder
        self.number = 0
        self.instructions = ""
        self.waits = []

    def note(self, name, text):
        with open(self.folder + "/" + name, "a", encoding="utf-8") as f:
            f.write(text + "\n")

    async def ping(self):
        if self.options.get("ping"):
            self.waits.append(await self.ws.ping())

    async def send(self, kind, **more):
        self.number += 1
        event = dict({"type": kind, "event_id": "event_%d" % self.number},
                     **more)
        text = json.dumps(event, ensure_ascii=False)
        await self.ping()
        step = int(self.options.get("pieces", "0"))
        if step == 0:
            await self.ws.send(text)
            return

        async def cut():
            for i in range(0, len(text), step):
                await self.ping()
                yield text[i:i + step]
        await self.ws.send(cut())

    async def left(self):
        """Whoever still writes when the client closes may never read what it
        said last, so wait for a client that is about to leave."""
        try:
            await asyncio.wait_for(self.ws.wait_closed(), 1)
        except asyncio.TimeoutError:
            pass

    async def respond(self, number):
        say = self.options.get("say", "hello")
        text = self.instructions if say == "system" else SAY[say]
        step = int(self.options.get("delta", "3"))
        rid = "resp_%d" % number
        at = {"response_id": rid, "item_id": "item_%d" % number,
              "output_index": 0, "content_index": 0}
        item = {"id": at["item_id"], "type": "message", "role": "assistant",
                "content": [{"type": "output_text", "text": text}]}
        usage = {"input_tokens": 9, "output_tokens": 12, "total_tokens": 21}
        await self.send("response.created",
                        response={"id": rid, "status": "in_progress"})
        for i in range(0, len(text), step):
            await self.send("response.output_text.delta",
                            delta=text[i:i + step], **at)
            if say == "forbidden" and "PLUM " in text[:i + step]:
                await self.left()
        await self.send("response.output_text.done", text=text, **at)
        await self.send("response.output_item.done", output_index=0, item=item)
        last = "done" if self.path.endswith("/realtime") else "completed"
        await self.send("response." + last, response={
            "id": rid, "status": "completed", "model": "m-1", "output": [item],
            "usage": usage})

    async def serve(self):
        number = 0
        if self.path.endswith("/realtime"):
            await self.send("session.created",
                            session={"id": "sess_1", "model": "m-1"})
        async for message in self.ws:
            self.note("said", message if isinstance(message, str)
                      else repr(message))
            event = json.loads(message)
            if event["type"] == "test.echo":
                await self.ws.send(message)
            elif event["type"] == "test.close":
                await self.ws.close(4000, "as you wish")
            elif event["type"] == "conversation.item.create":
                await self.send("conversation.item.created",
                                item=event["item"])
            elif event["type"] == "session.update":
                self.instructions = event["session"].get("instructions", "")
                await self.send("session.updated", session=event["session"])
            elif event["type"] == "response.create":
                number += 1
                await self.respond(number)
        await asyncio.gather(*self.waits)


async def run(args):
    async def serve(ws, path):
        talk = Talk(ws, path, args.dir)
        try:
            await talk.serve()
        except websockets.ConnectionClosed:
            pass
        finally:
            await ws.close()
            talk.note("ended", "extensions %d code %s" %
                      (len(ws.extensions), ws.close_code))

    context = None
    if not args.plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)

    async def listen(host, port):
        return await websockets.serve(serve, host, port, ssl=context,
                                      max_size=1 << 24, ping_interval=None)

    while True:
        one = await listen("127.0.0.1", 0)
        port = one.sockets[0].getsockname()[1]
        try:
            await listen("127.0.0.2", port)
            break
        except OSError:
            one.close()
    print("port", port, flush=True)
    await asyncio.Future()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--plain", action="store_true")
    try:
        asyncio.run(run(parser.parse_args()))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
