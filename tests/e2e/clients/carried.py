#!/usr/bin/python3
"""One request through a TLS object that knows no socket: this program carries
its bytes, its ClientHello among them, in a way of its own.

    carried.py WAY PORT CA BODYFILE

WAY: pieces=N  in writes of N bytes
     thread    another thread writes
     fork      a child writes
Prints the answer's status line, or `error` and why.
"""

import os
import socket
import ssl
import sys
import threading


class Carried:
    def __init__(self, way, port, ca):
        self.way = way
        self.sock = socket.create_connection(("localhost", port))
        self.sock.settimeout(20)
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=ca)
        self.tls = context.wrap_bio(self.into, self.out,
                                    server_hostname="localhost")

    def send(self):
        data = self.out.read()
        if not data:
            return
        if self.way.startswith("pieces="):
            n = int(self.way[7:])
            for at in range(0, len(data), n):
                self.sock.send(data[at:at + n])
        elif self.way == "thread":
            thread = threading.Thread(target=self.sock.sendall, args=(data,))
            thread.start()
            thread.join()
        else:
            pid = os.fork()
            if pid == 0:
                try:
                    self.sock.sendall(data)
                finally:
                    os._exit(0)
            os.waitpid(pid, 0)

    def call(self, function, *args):
        while True:
            try:
                return function(*args)
            except ssl.SSLWantReadError:
                self.send()
                data = self.sock.recv(65536)
                if data:
                    self.into.write(data)
                else:
                    self.into.write_eof()
            finally:
                self.send()


def main():
    way, port, ca, body = sys.argv[1:]
    with open(body, "rb") as file:
        text = file.read()
    client = Carried(way, int(port), ca)
    try:
        client.call(client.tls.do_handshake)
        client.call(client.tls.write,
                    b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                    b"Content-Type: application/json\r\nContent-Length: %d"
                    b"\r\n\r\n%s" % (len(text), text))
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer) < 300:
            more = client.call(client.tls.read, 65536)
            if not more:
                break
            answer += more
        print(answer.decode())
    except (OSError, ssl.SSLError) as error:
        print("error", error)


main()
