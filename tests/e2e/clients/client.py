#!/usr/bin/python3
"""One kept-alive session of a Python HTTP client, for the end-to-end tests.

    client.py KIND CA METHOD URL BODYFILE [METHOD URL BODYFILE ...]

KIND: http requests httpx httpx-async aiohttp. BODYFILE `-` means no body.
For each request it prints the body of the answer and then a line
`STATUS code retry=VALUE` (the x-should-retry field). The exit status is 77
when the package is not installed, 1 when a request raised.
"""

import sys


def body_of(path):
    if path == "-":
        return None
    with open(path, "rb") as file:
        return file.read()


def show(data, status, fields):
    out = sys.stdout.buffer
    out.write(data)
    retry = fields.get("x-should-retry") or ""
    out.write(("\nSTATUS %d retry=%s\n" % (status, retry)).encode())
    out.flush()


def fields_for(body):
    return {"Content-Type": "application/json"} if body is not None else {}


def run_http(ca, jobs):
    import http.client
    import ssl
    from urllib.parse import urlsplit

    context = ssl.create_default_context(cafile=ca)
    session = None
    for method, url, body in jobs:
        where = urlsplit(url)
        if session is None:
            session = http.client.HTTPSConnection(
                where.hostname, where.port, context=context, timeout=60)
        target = where.path + ("?" + where.query if where.query else "")
        session.request(method, target, body=body, headers=fields_for(body))
        answer = session.getresponse()
        data = b""
        while True:
            piece = answer.read(700)
            if not piece:
                break
            data += piece
        show(data, answer.status, answer.headers)


def run_requests(ca, jobs):
    import requests

    with requests.Session() as session:
        for method, url, body in jobs:
            answer = session.request(method, url, data=body, stream=True,
                                     headers=fields_for(body), verify=ca,
                                     timeout=60)
            data = b"".join(answer.iter_content(None))
            show(data, answer.status_code, answer.headers)


def run_httpx(ca, jobs):
    import httpx

    with httpx.Client(verify=ca, timeout=60) as session:
        for method, url, body in jobs:
            with session.stream(method, url, content=body,
                                headers=fields_for(body)) as answer:
                data = b"".join(answer.iter_bytes())
            show(data, answer.status_code, answer.headers)


def run_httpx_async(ca, jobs):
    import asyncio
    import httpx

    async def go():
        async with httpx.AsyncClient(verify=ca, timeout=60) as session:
            for method, url, body in jobs:
                async with session.stream(
                        method, url, content=body,
                        headers=fields_for(body)) as answer:
                    data = b"".join([p async for p in answer.aiter_bytes()])
                show(data, answer.status_code, answer.headers)

    asyncio.run(go())


def run_aiohttp(ca, jobs):
    import asyncio
    import ssl
    import aiohttp

    async def go():
        context = ssl.create_default_context(cafile=ca)
        async with aiohttp.ClientSession() as session:
            for method, url, body in jobs:
                async with session.request(
                        method, url, data=body, ssl=context,
                        headers=fields_for(body)) as answer:
                    parts = [p async for p in answer.content.iter_any()]
                    show(b"".join(parts), answer.status, answer.headers)

    asyncio.run(go())


KINDS = {
    "http": run_http,
    "requests": run_requests,
    "httpx": run_httpx,
    "httpx-async": run_httpx_async,
    "aiohttp": run_aiohttp,
}


def main():
    kind, ca, *rest = sys.argv[1:]
    jobs = [(rest[i], rest[i + 1], body_of(rest[i + 2]))
            for i in range(0, len(rest), 3)]
    try:
        KINDS[kind](ca, jobs)
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(77)


main()
