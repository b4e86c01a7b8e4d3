#!/usr/bin/python3
"""A proxy for the tests: HTTP CONNECT, SOCKS 4, 4a and 5, on one port, and
requests of HTTP without TLS in the absolute form.

    proxy.py [CERT KEY]

With a certificate it is spoken to over TLS, by HTTP CONNECT alone. It binds a
free port of 127.0.0.1 and prints `port N`. Whatever name it is asked for, it
connects to 127.0.0.1. Each connection it makes is one line on stdout: `tunnel
METHOD PORT`. What comes in the absolute form stays so, and goes where the first
of a connection went.
"""

import socket
import ssl
import struct
import sys
import threading


def exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def until(sock, end):
    data = b""
    while not data.endswith(end):
        data += exactly(sock, 1)
    return data


def connect(sock):
    head = until(sock, b"\r\n\r\n")
    target = head.split(b" ")[1]
    return int(target.rsplit(b":", 1)[1]), b"HTTP/1.1 200 Go on\r\n\r\n"


def absolute(sock):
    """The bytes are only looked at: the server takes this form as well."""
    head = sock.recv(2000, socket.MSG_PEEK)
    place = head.split(b" ")[1].split(b"/")[2]
    return int(place.rsplit(b":", 1)[1]), b""


def socks4(sock):
    _, _, port, address = struct.unpack("!BBH4s", exactly(sock, 8))
    until(sock, b"\0")
    if address[:3] == b"\0\0\0":
        until(sock, b"\0")
    return port, b"\0\x5a" + bytes(6)


def socks5(sock):
    exactly(sock, exactly(sock, 2)[1])
    sock.sendall(b"\x05\x00")
    kind = exactly(sock, 4)[3]
    exactly(sock, {1: 4, 4: 16}.get(kind) or exactly(sock, 1)[0])
    port = struct.unpack("!H", exactly(sock, 2))[0]
    return port, b"\x05\x00\x00\x01" + bytes(6)


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(sock, context):
    methods = {b"C": connect, b"\x04": socks4, b"\x05": socks5}
    if context:
        sock = context.wrap_socket(sock, server_side=True)
        method = connect
    else:
        method = methods.get(sock.recv(1, socket.MSG_PEEK), absolute)
    port, answer = method(sock)
    print("tunnel", method.__name__, port, flush=True)
    far = socket.create_connection(("127.0.0.1", port))
    sock.sendall(answer)
    back = threading.Thread(target=pump, args=(far, sock), daemon=True)
    back.start()
    pump(sock, far)
    back.join()
    sock.close()
    far.close()


def main():
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[1:])
    listener = socket.create_server(("127.0.0.1", 0))
    print("port", listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock, context),
                         daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
