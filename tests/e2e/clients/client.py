#!/usr/bin/python3
"""One kept-alive session of a Python HTTP client, for the end-to-end tests.

    client.py KIND CA METHOD URL BODYFILE [METHOD URL BODYFILE ...]

KIND: http urllib urllib3 requests httpx httpx-async aiohttp pycurl. BODYFILE `-`
means no body. With AT_ONCE set, kinds that can do so send all at once.
For each request it prints the body of the answer and then a line
`STATUS code retry=VALUE` (the x-should-retry field). The exit status is 77
when the package is not installed, 1 when a request raised.
"""

import os
import sys

AT_ONCE = bool(os.environ.get("AT_ONCE"))


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
        if session is None and where.scheme == "http":
            session = http.client.HTTPConnection(
                where.hostname, where.port, timeout=60)
        elif session is None:
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


def run_urllib(ca, jobs):
    import ssl
    import urllib.error
    import urllib.request

    context = ssl.create_default_context(cafile=ca)
    for method, url, body in jobs:
        request = urllib.request.Request(url, body, fields_for(body),
                                         method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=60,
                                            context=context)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            show(answer.read(), answer.status, answer.headers)


def run_urllib3(ca, jobs):
    import urllib3
    from concurrent.futures import ThreadPoolExecutor

    pool = urllib3.PoolManager(ca_certs=ca, retries=False, timeout=60,
                               maxsize=len(jobs) if AT_ONCE else 1)

    def one(job):
        method, url, body = job
        return pool.request(method, url, body=body, headers=fields_for(body))

    with ThreadPoolExecutor(len(jobs) if AT_ONCE and jobs else 1) as threads:
        for answer in threads.map(one, jobs):
            show(answer.data, answer.status, answer.headers)


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

    async def one(session, method, url, body):
        async with session.stream(method, url, content=body,
                                  headers=fields_for(body)) as answer:
            data = b"".join([p async for p in answer.aiter_bytes()])
        show(data, answer.status_code, answer.headers)

    async def go():
        async with httpx.AsyncClient(verify=ca, timeout=60) as session:
            if AT_ONCE:
                await asyncio.gather(*(one(session, *job) for job in jobs))
                return
            for job in jobs:
                await one(session, *job)

    asyncio.run(go())


def run_aiohttp(ca, jobs):
    import asyncio
    import ssl
    import aiohttp

    context = ssl.create_default_context(cafile=ca)

    async def one(session, method, url, body):
        async with session.request(method, url, data=body, ssl=context,
                                   headers=fields_for(body)) as answer:
            parts = [p async for p in answer.content.iter_any()]
            show(b"".join(parts), answer.status, answer.headers)

    async def go():
        async with aiohttp.ClientSession() as session:
            if AT_ONCE:
                await asyncio.gather(*(one(session, *job) for job in jobs))
                return
            for job in jobs:
                await one(session, *job)

    asyncio.run(go())


def pycurl_job(handle, ca, job):
    """Sets a handle up; what comes is collected in the two lists returned."""
    import pycurl

    method, url, body = job
    data, head = [], []
    handle.reset()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.CAINFO, ca)
    handle.setopt(pycurl.CUSTOMREQUEST, method)
    handle.setopt(pycurl.TIMEOUT, 60)
    if body is not None:
        handle.setopt(pycurl.POSTFIELDS, body)
        handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json"])
    handle.setopt(pycurl.WRITEFUNCTION, data.append)
    handle.setopt(pycurl.HEADERFUNCTION, head.append)
    return data, head


def pycurl_show(handle, data, head):
    import pycurl

    fields = {}
    for line in head:
        name, _, value = line.decode().partition(":")
        fields[name.lower()] = value.strip()
    show(b"".join(data), handle.getinfo(pycurl.RESPONSE_CODE), fields)


def pycurl_at_once(ca, jobs):
    import pycurl

    multi = pycurl.CurlMulti()
    running = []
    for job in jobs:
        handle = pycurl.Curl()
        running.append((handle, *pycurl_job(handle, ca, job)))
        multi.add_handle(handle)
    left = len(running)
    while left:
        _, left = multi.perform()
        multi.select(0.1)
    for handle, data, head in running:
        pycurl_show(handle, data, head)


def run_pycurl(ca, jobs):
    import pycurl

    if AT_ONCE:
        pycurl_at_once(ca, jobs)
        return
    handle = pycurl.Curl()
    for job in jobs:
        data, head = pycurl_job(handle, ca, job)
        handle.perform()
        pycurl_show(handle, data, head)


KINDS = {
    "http": run_http,
    "urllib": run_urllib,
    "urllib3": run_urllib3,
    "requests": run_requests,
    "httpx": run_httpx,
    "httpx-async": run_httpx_async,
    "aiohttp": run_aiohttp,
    "pycurl": run_pycurl,
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
