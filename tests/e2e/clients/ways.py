#!/usr/bin/python3
"""One request to a TLS server by a way of its own, through libssl itself.

    ways.py WAY PORT CA BODYFILE [SNI HOST]

WAY: write    SSL_write and SSL_read of the libssl that is there
     second   the same of a copy of it, beside the one of Python
     two      the same of the first, in each function's turn of the second too:
              a session of each, one after the other, several times
     space    the same of one in a namespace of its own, beside Python's
     deep     the same, opened with RTLD_DEEPBIND
     bio      BIO_new_ssl_connect, BIO_puts or BIO_write, BIO_read
     gnutls   GnuTLS, whose functions are asked for by name
     early, early-gnutls   early data, before the handshake
     sendfile, sendfile-gnutls   a file, given by its descriptor
SNI `-`: no server name is sent. HOST: the value of the Host field. Prints the
answer's status line, or `error` and what the library says.
"""

import ctypes
import os
import re
import shutil
import signal
import socket
import sys
import tempfile


def copies():
    """Copies of libssl and libcrypto that are other files."""
    import _ssl  # noqa: F401  Python's own is loaded first
    with open("/proc/self/maps", encoding="utf-8") as file:
        paths = set(re.findall(r"/\S*/lib(?:ssl|crypto)\.so\.\d+", file.read()))
    folder = tempfile.mkdtemp()
    for path in paths:
        shutil.copy(path, folder)
    return folder, sorted(os.path.basename(p) for p in paths)


def library(way):
    mode = ctypes.RTLD_LOCAL
    if way == "space":
        import _ssl  # noqa: F401  the one beside it
        handle = function(ctypes.CDLL(None), "dlmopen", P, ctypes.c_long, S,
                          I)(-1, b"libssl.so.3", os.RTLD_NOW)
        return ctypes.CDLL("libssl.so.3", handle=handle)
    if way != "second":
        return ctypes.CDLL("libssl.so.3", mode=mode | (
            os.RTLD_DEEPBIND if way == "deep" else 0))
    folder, names = copies()
    crypto, ssl = (os.path.join(folder, name) for name in names)
    ctypes.CDLL(crypto, mode=ctypes.RTLD_LOCAL)
    return ctypes.CDLL(ssl, mode=mode)


def function(lib, name, result=ctypes.c_void_p, *args):
    f = getattr(lib, name)
    f.restype, f.argtypes = result, args
    return f


def file_of(data):
    file = tempfile.TemporaryFile()
    file.write(data)
    file.flush()
    return file


P, I, S, N = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t


class Way:
    def __init__(self, way, ca):
        lib = library(way)
        self.lib, self.way = lib, way
        method = function(lib, "TLS_client_method")()
        self.ctx = function(lib, "SSL_CTX_new", P, P)(method)
        function(lib, "SSL_CTX_load_verify_locations", I, P, S, S)(
            self.ctx, ca.encode(), None)
        function(lib, "SSL_CTX_set_verify", None, P, I, P)(self.ctx, 1, None)

    def fail(self):
        text = ctypes.create_string_buffer(256)
        code = function(self.lib, "ERR_peek_last_error", ctypes.c_ulong)()
        function(self.lib, "ERR_error_string_n", None, ctypes.c_ulong, S,
                 ctypes.c_size_t)(code, text, 256)
        print("error", text.value.decode())
        sys.exit(0)

    def name(self, ssl, sni):
        if sni:
            function(self.lib, "SSL_ctrl", ctypes.c_long, P, I, ctypes.c_long,
                     S)(ssl, 55, 0, sni.encode())

    def by_ssl(self, port, sni, data, free=False):
        sock = socket.create_connection(("127.0.0.1", port))
        ssl = function(self.lib, "SSL_new", P, P)(self.ctx)
        function(self.lib, "SSL_set_fd", I, P, I)(ssl, sock.fileno())
        self.name(ssl, sni)
        if self.way == "early":
            function(self.lib, "SSL_set_connect_state", None, P)(ssl)
            n = ctypes.c_size_t()
            if function(self.lib, "SSL_write_early_data", I, P, S, N, P)(
                    ssl, data, len(data), ctypes.addressof(n)) != 1:
                self.fail()
        if function(self.lib, "SSL_connect", I, P)(ssl) != 1:
            self.fail()
        if self.way == "sendfile":
            with file_of(data) as file:
                if function(self.lib, "SSL_sendfile", ctypes.c_ssize_t, P, I,
                            ctypes.c_long, N, I)(
                        ssl, file.fileno(), 0, len(data), 0) < 0:
                    self.fail()
        elif self.way != "early" and function(
                self.lib, "SSL_write", I, P, S, I)(ssl, data, len(data)) <= 0:
            self.fail()
        room = ctypes.create_string_buffer(65536)
        n = function(self.lib, "SSL_read", I, P, P, I)(ssl, room, 65536)
        if free:
            function(self.lib, "SSL_free", None, P)(ssl)
        return room.raw[:n] if n > 0 else self.fail()

    def by_bio(self, port, sni, data):
        bio = function(self.lib, "BIO_new_ssl_connect", P, P)(self.ctx)
        ctrl = function(self.lib, "BIO_ctrl", ctypes.c_long, P, I,
                        ctypes.c_long, P)
        place = ctypes.create_string_buffer(b"127.0.0.1:%d" % port)
        ctrl(bio, 100, 0, ctypes.addressof(place))  # BIO_set_conn_hostname
        ssl = ctypes.c_void_p()
        ctrl(bio, 110, 0, ctypes.addressof(ssl))  # BIO_get_ssl
        self.name(ssl, sni)
        if function(self.lib, "BIO_write", I, P, S, I)(
                bio, data, len(data)) <= 0:
            self.fail()
        room = ctypes.create_string_buffer(65536)
        n = function(self.lib, "BIO_read", I, P, P, I)(bio, room, 65536)
        return room.raw[:n] if n > 0 else self.fail()


class GnuTLS:
    """The same of GnuTLS. Its errors are numbers."""

    def __init__(self, ca):
        self.lib = ctypes.CDLL("libgnutls.so.30", mode=ctypes.RTLD_LOCAL)
        self.cred, self.session = P(), P()
        self.call("certificate_allocate_credentials", ctypes.byref(self.cred))
        self.call("certificate_set_x509_trust_file", self.cred, S(ca.encode()),
                  I(1))

    def call(self, name, *args):
        f = function(self.lib, "gnutls_" + name, ctypes.c_ssize_t)
        f.argtypes = None
        return f(*args)

    def need(self, n):
        n = I(n).value
        if n < 0:
            print("error", function(self.lib, "gnutls_strerror", S, I)(
                n).decode())
            sys.exit(0)
        return n

    def ask(self, way, port, sni, data):
        sock = socket.create_connection(("127.0.0.1", port))
        session = self.session
        self.call("init", ctypes.byref(session), ctypes.c_uint(2))
        session = P(session.value)
        self.call("set_default_priority", session)
        self.call("credentials_set", session, I(1), self.cred)
        self.call("server_name_set", session, I(1), S(sni.encode()),
                  ctypes.c_size_t(len(sni)))
        self.call("transport_set_int2", session, I(sock.fileno()),
                  I(sock.fileno()))
        self.call("session_set_verify_cert", session, S(sni.encode()), I(0))
        length = ctypes.c_size_t(len(data))
        if way == "early-gnutls":
            self.need(self.call("record_send_early_data", session, S(data),
                                length))
        self.need(self.call("handshake", session))
        if way == "sendfile-gnutls":
            with file_of(data) as file:
                self.need(self.call("record_send_file", session,
                                    I(file.fileno()), None, length))
        elif way == "gnutls":
            self.need(self.call("record_send", session, S(data), length))
        room = ctypes.create_string_buffer(65536)
        n = self.need(self.call("record_recv", session, room,
                                ctypes.c_size_t(65536)))
        return room.raw[:n]


def by_turns(ways, ca, port, data):
    """Each library is asked for its functions before one of them is used."""
    runs = [Way(way, ca) for way in ways]
    names = ("SSL_connect", "SSL_write", "SSL_read", "SSL_free")
    for _ in range(2):
        for run in runs:
            for name in names:
                function(run.lib, name)
    answer = b""
    for run in runs * 3:
        for body in data, data.replace(b"forbidden-plum", b"permitted-plum"):
            answer += run.by_ssl(port, "localhost", body, free=True)
    return answer


def main():
    signal.alarm(30)
    way, port, ca, path = sys.argv[1:5]
    sni, host = (sys.argv[5:] + ["localhost", "localhost:" + port])[:2]
    with open(path, "rb") as file:
        body = file.read()
    data = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (host.encode(), len(body))) + body
    if way in ("two", "space"):
        ways = ("write", "second") if way == "two" else ("space",)
        answers = by_turns(ways, ca, int(port), data)
        for line in re.findall(rb"HTTP/1.1 .*", answers):
            print(line.decode())
        sys.stdout.flush()
        os._exit(0)  # with two C libraries, Python does not always end well
    if way.endswith("gnutls"):
        answer = GnuTLS(ca).ask(way, int(port), sni, data)
    else:
        run = Way(way, ca)
        ask = run.by_bio if way == "bio" else run.by_ssl
        answer = ask(int(port), None if sni == "-" else sni, data)
    print(answer.split(b"\r\n")[0].decode())
    print(answer.split(b"\r\n\r\n", 1)[-1].decode(errors="replace"))


main()
