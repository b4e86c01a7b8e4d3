#!/usr/bin/python3
"""A program that carries plain requests into TLS: nginx or stunnel.

    proxy.py KIND CA METHOD URL BODYFILE [...]

Starts it before the server of the first URL, sends the requests to it in one
plain session, and prints what client.py prints. Status 77: not installed.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

NGINX = """
daemon off; master_process off; pid {dir}/pid; error_log {dir}/log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {dir}/a; proxy_temp_path {dir}/b;
    fastcgi_temp_path {dir}/c; uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
    upstream model {{ server 127.0.0.1:{port}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{local};
        location / {{
            proxy_pass https://model;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host {host}:{port};
            proxy_buffering off;
            proxy_ssl_server_name on; proxy_ssl_name {host};
            proxy_ssl_verify {verify}; proxy_ssl_trusted_certificate {ca};
        }}
    }}
}}
"""

STUNNEL = """
foreground = quiet
pid =
syslog = no
debug = 3
[model]
client = yes
accept = 127.0.0.1:{local}
connect = 127.0.0.1:{port}
sni = {host}
CAfile = {ca}
verifyChain = yes
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(kind, ca, where, work):
    program = shutil.which(kind, path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        sys.exit(77)
    if where is None:
        sys.exit(0)
    values = {"dir": work, "ca": ca, "host": where.hostname,
              "port": where.port, "local": free_port(),
              # nginx compares names only, no addresses
              "verify": "off" if where.hostname[0].isdigit() else "on"}
    path = os.path.join(work, "conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write((NGINX if kind == "nginx" else STUNNEL).format(**values))
    words = [program, path]
    if kind == "nginx":
        words = [program, "-p", work, "-c", path, "-e", work + "/log"]
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", values["local"])).close()
            return child, values["local"]
        except OSError:
            time.sleep(0.02)
    child.terminate()
    sys.exit(kind + " did not start")


def ask(port, jobs):
    session = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for method, url, path in jobs:
        where = urlsplit(url)
        # The program asks its gateway; that this leads to a model the gateway
        # alone knows, and is to be guarded.
        body, fields = None, {"Host": "gateway.test"}
        if path != "-":
            with open(path, "rb") as file:
                body = file.read()
            fields["Content-Type"] = "application/json"
        target = where.path + ("?" + where.query if where.query else "")
        session.request(method, target, body=body, headers=fields)
        answer = session.getresponse()
        data = answer.read()
        retry = answer.headers.get("x-should-retry") or ""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.write(
            ("\nSTATUS %d retry=%s\n" % (answer.status, retry)).encode())
        if answer.will_close:
            session.close()
    session.close()


def main():
    kind, ca, *rest = sys.argv[1:]
    jobs = list(zip(rest[0::3], rest[1::3], rest[2::3]))
    with tempfile.TemporaryDirectory() as work:
        where = urlsplit(jobs[0][1]) if jobs else None
        child, port = start(kind, ca, where, work)
        try:
            ask(port, jobs)
        finally:
            child.terminate()
            child.wait()


if __name__ == "__main__":
    main()
