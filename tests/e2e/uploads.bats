#!/usr/bin/env bats
# Files in forms: what the clients of model providers really send, and what of
# it reaches the server.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

# line ID TEXT - a request of a batch.
line() {
    printf '{"custom_id":"%s","method":"POST","url":"/v1/chat/completions",' "$1"
    printf '"body":{"model":"m-1","messages":[{"role":"user","content":"%s"}]}}\n' \
        "$2"
}

setup() {
    test_begin
    { line r-1 "say hello"; line r-2 "be brief"; } >hello.jsonl
    # An escape, so that only a reader of JSON finds it.
    { line r-1 "say hello"; line r-2 "use \\u0041${KEY:1} now"; } >secret.jsonl
    { line r-1 "say hello"; line r-2 "a forbidden-plum"; } >forbidden.jsonl
    { printf 'RIFF\x24\x08\x00\x00WAVEfmt '; head -c 3000 /dev/zero |
        tr '\0' '\377'; } >voice.wav
}

# passed_whole - the file stands in what reached the server, byte for byte, and
# the body is as long as its head says.
passed_whole() {
    wire >seen
    "$PYTHON" - seen "$1" <<'END'
import re
import sys

seen, file = (open(name, "rb").read() for name in sys.argv[1:])
assert file in seen, "the file is not there"
head, body = seen.split(b"\r\n\r\n", 1)
length = re.search(rb"(?i)content-length: *(\d+)", head)
if length:
    assert len(body) == int(length[1]), (len(body), length[1])
END
}

lengths_true() {
    wire >seen
    "$PYTHON" - seen <<'END'
import re
import sys

seen = open(sys.argv[1], "rb").read()
head, body = seen.split(b"\r\n\r\n", 1)
length = re.search(rb"(?i)content-length: *(\d+)", head)
if length:
    assert len(body) == int(length[1]), (len(body), length[1])
else:
    assert b"chunked" in head.lower()
    assert body.endswith(b"0\r\n\r\n")
END
}

@test "curl uploads a batch: as it was, redacted, refused" {
    shim curl -s --cacert "$CA" -F purpose=batch -F file=@hello.jsonl \
        "$LLM/v1/files" >out
    has out '"path":"/v1/files"'
    passed_whole hello.jsonl

    forget_wire
    shim curl -s --cacert "$CA" -F purpose=batch -F file=@secret.jsonl \
        "$LLM/v1/files" >out
    lengths_true
    has seen "use $PLACEHOLDER now"
    hasnt seen "${KEY:1}"
    has seen "say hello"
    is "$(audit_field 1 findings.0.role)" user

    forget_wire
    shim curl -s --cacert "$CA" -F purpose=batch -F file=@forbidden.jsonl \
        -w '%{http_code}' "$LLM/v1/files" >out
    has out '"code":"policy_block"'
    has out 403
    wire >seen
    hasnt seen "say hello"
    no_secret_of_ours
}

@test "curl uploads sound, and a prompt beside it" {
    shim curl -s --cacert "$CA" -F model=whisper-1 -F "prompt=spell $KEY" \
        -F "file=@voice.wav;type=audio/wav" \
        "$LLM/v1/audio/transcriptions" >out
    lengths_true
    has seen "spell $PLACEHOLDER"
    hasnt seen "$KEY"
    passed_whole voice.wav
    no_secret_of_ours
}

@test "curl -T uploads lines as a body" {
    shim curl -s --cacert "$CA" -T secret.jsonl -X POST \
        -H 'Content-Type: application/octet-stream' "$LLM/v1/files" >out
    wire >seen
    has seen "use $PLACEHOLDER now"
    hasnt seen "${KEY:1}"
}

@test "Python's requests and httpx upload a batch" {
    local kind
    for kind in requests httpx; do
        need "python-$kind"
        forget_wire
        shim "$PYTHON" "$CLIENTS/upload.py" $kind "$CA" "$LLM/v1/files" \
            purpose=batch @hello.jsonl >out
        has out "STATUS 200"
        passed_whole hello.jsonl

        forget_wire
        shim "$PYTHON" "$CLIENTS/upload.py" $kind "$CA" "$LLM/v1/files" \
            purpose=batch @secret.jsonl >out
        has out "STATUS 200"
        lengths_true
        has seen "use $PLACEHOLDER now"
        hasnt seen "${KEY:1}"

        forget_wire
        shim "$PYTHON" "$CLIENTS/upload.py" $kind "$CA" "$LLM/v1/files" \
            purpose=batch @forbidden.jsonl >out
        has out "STATUS 403"
        has out policy_block
        wire >seen
        hasnt seen "say hello"
    done
    no_secret_of_ours
}

@test "a host that is not watched gets every byte" {
    local host
    for host in requests httpx; do
        need "python-$host"
        forget_wire
        shim "$PYTHON" "$CLIENTS/upload.py" $host "$CA" "$PLAIN/v1/files" \
            purpose=batch @secret.jsonl @voice.wav >out
        has out "STATUS 200"
        passed_whole secret.jsonl
        passed_whole voice.wav
    done
}

@test "openai's SDK for Node uploads a batch" {
    local node=$NPM/node22/bin/node
    [ -x "$node" ] || skip "build/npm is not there"
    export NODE_EXTRA_CA_CERTS=$CA
    shim timeout 60 "$node" "$CLIENTS/upload.mjs" "$NPM" "$LLM" batch \
        hello.jsonl secret.jsonl forbidden.jsonl >out
    is "$(paste -sd, out)" \
        "sent,sent,error PermissionDeniedError 403 policy_block"
    wire >seen
    has seen "be brief"
    has seen "use $PLACEHOLDER now"
    hasnt seen "${KEY:1}"
    hasnt seen forbidden-plum
    is "$(wc -l <"$AUDIT")" 3
    no_secret_of_ours
}
