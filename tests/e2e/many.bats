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
