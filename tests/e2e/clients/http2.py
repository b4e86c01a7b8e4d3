#!/usr/bin/python3
"""httpx over HTTP/2: http2.py CA URL BODYFILE...

Posts each file on one connection, with AT_ONCE set all at once; without TLS by
prior knowledge. Prints each
body and `STATUS code version`.
"""

import asyncio
import os
import sys

import httpx


async def one(session, url, name):
    with open(name, "rb") as file:
        body = file.read()
    answer = await session.post(
        url, content=body, headers={"Content-Type": "application/json"})
    print(answer.text)
    print("STATUS", answer.status_code, answer.http_version, flush=True)


async def main():
    ca, url, *names = sys.argv[1:]
    async with httpx.AsyncClient(http1=url.startswith("https:"), http2=True,
                                 verify=ca, timeout=60) as session:
        if os.environ.get("AT_ONCE"):
            await asyncio.gather(*(one(session, url, n) for n in names))
            return
        for name in names:
            await one(session, url, name)


asyncio.run(main())
