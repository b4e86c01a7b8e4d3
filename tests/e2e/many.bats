#!/usr/bin/env bats
# Many sessions at once in one process.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    echo "$KEY" >key
}

check() {
    shim "$PYTHON" "$CLIENTS/many.py" "$1" "$LLM" "$CA" key >out ||
        fail "$(cat out)"
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
    is "$(cat stderr)" ""
    is "$(wc -l <"$AUDIT")" "$2"
    "$PYTHON" -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$AUDIT"
    no_secret_of_ours
}

@test "eight threads, and a fork that goes on in the child" {
    check threads 220
}

@test "sixteen tasks of one event loop" {
    "$PYTHON" -c 'import httpx' 2>/dev/null || skip "httpx is not installed"
    check async 160
}

@test "kept connections give back what large messages took" {
    cat >kept.py <<'END'
import ctypes
import http.client
import json
import ssl
import sys

port, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)


def memory():
    ctypes.CDLL(None).malloc_trim(0)  # what is free is not counted
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file
                    if line.startswith("VmRSS"))


def ask(session, size):
    body = {"model": "m-1",
            "messages": [{"role": "user", "content": "x" * size}]}
    session.request("POST", "/v1/chat/completions", json.dumps(body),
                    {"Content-Type": "application/json"})
    answer = session.getresponse()
    assert answer.status == 200 and answer.read()


sessions = [http.client.HTTPSConnection("localhost", int(port),
                                        context=context) for _ in range(8)]
for session in sessions:
    ask(session, 10)
before = memory()
for session in sessions:
    ask(session, 5000000)
    ask(session, 10)
print(memory() - before)
END
    shim "$PYTHON" kept.py "$PORT" "$CA" >out
    echo "$(cat out) KB more"
    [ "$(cat out)" -lt 8000 ]
}
