#!/usr/bin/python3
"""ClientHellos for localhost with a random that no session has.

    stray.py PORT TIMES [SECONDS [WORD]]

Each on a connection of its own, on which WORD was said before; prints `refused`
or `sent` for each, then sleeps so many seconds.
"""

import socket
import ssl
import sys
import time


def hello():
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(into, out,
                                                server_hostname="localhost")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    data = bytearray(out.read())
    data[11] ^= 1
    return bytes(data)


def main():
    for _ in range(int(sys.argv[2])):
        sock = socket.create_connection(("localhost", int(sys.argv[1])))
        sock.sendall("".join(sys.argv[4:]).encode())
        try:
            sock.sendall(hello())
            print("sent", flush=True)
        except PermissionError:
            print("refused", flush=True)
        sock.close()
    if len(sys.argv) > 3:
        time.sleep(int(sys.argv[3]))


if __name__ == "__main__":
    main()
