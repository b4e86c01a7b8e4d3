"""A WebSocket client: talk.py websockets|websocket|threads CA URL FILE [FRAME]

Sends each line of FILE as a message (in frames of FRAME characters). A line
"?KIND" waits for an event of that type. Prints each message it gets as a line,
and at the end "CLOSED code reason". The libraries are Debian's
python3-websockets (asyncio) and python3-websocket (blocking; with threads, one
waits in a read while another writes, and "?" lines wait for the event there).
"""

import asyncio
import json
import ssl
import sys
import threading

name, ca, url, path, *rest = sys.argv[1:]
step = int(rest[0]) if rest else 0
lines = [line.rstrip("\n") for line in open(path, encoding="utf-8")]


def show(message):
    if isinstance(message, bytes):
        message = message.decode()
    print(message, flush=True)
    return json.loads(message)["type"]


def pieces(line):
    return [line[i:i + step] for i in range(0, len(line), step)]


async def with_websockets():
    import websockets

    context = None
    if url.startswith("wss:"):
        context = ssl.create_default_context(cafile=ca)
    async with websockets.connect(url, ssl=context, max_size=None,
                                  max_queue=None) as ws:
        try:
            for line in lines:
                if line.startswith("?"):
                    while show(await ws.recv()) != line[1:]:
                        pass
                else:
                    await ws.send(pieces(line) if step else line)
            pong = await ws.ping()
            await asyncio.wait_for(pong, 10)
            await ws.close()
            while True:
                show(await ws.recv())
        except websockets.ConnectionClosed:
            pass
        print("CLOSED", ws.close_code, ws.close_reason)


def connection(timeout):
    """A blocking one. The server may have closed before it is answered; what it
    said before is read all the same."""
    import websocket

    class Connection(websocket.WebSocket):
        def pong(self, *args):
            try:
                super().pong(*args)
            except (OSError, websocket.WebSocketException):
                pass

        def send_close(self, *args, **more):
            try:
                super().send_close(*args, **more)
            except (OSError, websocket.WebSocketException):
                pass

    return websocket.create_connection(url, sslopt={"ca_certs": ca},
                                       timeout=timeout, class_=Connection)


def with_websocket():
    import websocket

    ws = connection(20)

    def hear():
        code, data = ws.recv_data()
        if code == websocket.ABNF.OPCODE_CLOSE:
            print("CLOSED", int.from_bytes(data[:2], "big"),
                  data[2:].decode())
            sys.exit()
        return show(data)

    for line in lines:
        if line.startswith("?"):
            while hear() != line[1:]:
                pass
            continue
        cut = pieces(line) if step else [line]
        for i, piece in enumerate(cut):
            kind = websocket.ABNF.OPCODE_CONT if i else 1
            ws.send_frame(websocket.ABNF.create_frame(
                piece, kind, int(i == len(cut) - 1)))
    ws.send_close(1000)
    while True:
        hear()


def with_threads():
    import websocket

    ws = connection(40)
    seen = {line: threading.Event() for line in lines if line[0] == "?"}

    def read():
        while True:
            code, data = ws.recv_data()
            if code == websocket.ABNF.OPCODE_CLOSE:
                print("CLOSED", int.from_bytes(data[:2], "big"),
                      data[2:].decode())
                return
            seen.get("?" + show(data), threading.Event()).set()

    reader = threading.Thread(target=read)
    reader.start()
    for line in lines:
        if line[0] != "?":
            ws.send(line)
        elif not seen[line].wait(30):
            break
    ws.send_close(1000)
    reader.join(30)


if name == "websockets":
    asyncio.run(with_websockets())
elif name == "threads":
    with_threads()
else:
    with_websocket()
