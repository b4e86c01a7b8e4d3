#!/usr/bin/python3
"""Many exchanges at once in one process, for the end-to-end tests.

    many.py threads|async BASE CA KEYFILE

Threads with a kept-alive session each, and then a fork that goes on in the
child; or tasks of one event loop over a shared pool. Each picks at random
from: plain, secret, forbidden, streamed, large. Prints what went wrong; the
exit status is 1 if anything did, 77 when a package is missing.
"""

import json
import os
import random
import ssl
import sys
import threading
from urllib.parse import urlsplit

KINDS = ("plain", "secret", "forbidden", "stream", "large")
FIELDS = {"Content-Type": "application/json"}
wrong = []


def job(dice, key):
    """A kind, its path and its body."""
    kind = dice.choice(KINDS)
    text = {
        "secret": "Is " + key + " good?",
        "forbidden": "the forbidden-plum",
        "large": "x" * dice.randrange(400000),
    }.get(kind, "Say hello.")
    body = {
        "model": "m-1",
        "stream": kind == "stream",
        "messages": [{"role": "user", "content": text}],
    }
    delta = dice.randrange(1, 20)
    path = "/v1/chat/completions?say=key&delta=%d" % delta
    return kind, path, json.dumps(body).encode()


def judge(kind, key, status, data):
    wanted = 403 if kind == "forbidden" else 200
    if status != wanted or key.encode() in data or key[8:].encode() in data:
        wrong.append((kind, status, data[:200]))


def one_thread(base, context, key, seed, count):
    import http.client

    dice = random.Random(seed)
    where = urlsplit(base)
    session = None
    for _ in range(count):
        if session is None:
            session = http.client.HTTPSConnection(
                where.hostname, where.port, context=context, timeout=60)
        kind, path, body = job(dice, key)
        try:
            session.request("POST", path, body, FIELDS)
            answer = session.getresponse()
            judge(kind, key, answer.status, answer.read())
            if answer.will_close:
                session.close()
                session = None
        except OSError as error:
            wrong.append((kind, repr(error)))
            session = None


def by_threads(base, ca, key):
    context = ssl.create_default_context(cafile=ca)
    threads = [
        threading.Thread(target=one_thread, args=(base, context, key, n, 25))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    child = os.fork()
    if child == 0:
        one_thread(base, context, key, 99, 20)
        for row in wrong:
            print("child", row)
        sys.stdout.flush()
        os._exit(1 if wrong else 0)
    if os.waitpid(child, 0)[1] != 0:
        wrong.append("the child failed")


def by_tasks(base, ca, key):
    import asyncio
    import httpx

    async def task(session, seed):
        dice = random.Random(seed)
        for _ in range(10):
            kind, path, body = job(dice, key)
            try:
                answer = await session.post(base + path, content=body,
                                            headers=FIELDS)
                judge(kind, key, answer.status_code, answer.content)
            except httpx.HTTPError as error:
                wrong.append((kind, repr(error)))

    async def go():
        async with httpx.AsyncClient(verify=ca, timeout=60) as session:
            await asyncio.gather(*[task(session, n) for n in range(16)])

    asyncio.run(go())


def main():
    way, base, ca, key_file = sys.argv[1:]
    with open(key_file, encoding="ascii") as file:
        key = file.read().strip()
    try:
        (by_threads if way == "threads" else by_tasks)(base, ca, key)
    except ModuleNotFoundError:
        sys.exit(77)
    for row in wrong:
        print(row)
    sys.exit(1 if wrong else 0)


main()
