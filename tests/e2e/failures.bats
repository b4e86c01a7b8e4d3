#!/usr/bin/env bats
# What is left when something of ours is broken, and what the audit tells.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
}

chat=/v1/chat/completions

guarded() {
    shim curl -sS --cacert "$CA" --max-time 30 "$@"
}

# by_environment PROGRAM... - no command, the environment alone.
by_environment() {
    LD_PRELOAD=$BUILD/libsallyport.so SALLYPORT_POLICY=$IMAGE \
        SALLYPORT_AUDIT=$AUDIT "$@" 2>stderr
}

@test "the environment alone does the same as sallyport run" {
    IMAGE=$PWD/image
    "$SALLYPORT" compile "$POLICY" -o "$IMAGE"
    by_environment curl -sS --cacert "$CA" --json @secret.json "$LLM$chat" \
        --next -sS --cacert "$CA" --json @forbidden.json "$LLM$chat" >out
    has out 'Hello from'
    has out policy_block
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    is "$(audit_field 0 action)" redact
    is "$(audit_field 1 action)" block
}

broken() {
    export SALLYPORT_HOSTS=localhost
    by_environment curl -sS --cacert "$CA" --max-time 30 -w '%{http_code}' \
        --json @hello.json "$LLM$chat" >out
    is "$(tail -c 3 out)" 403
    has out policy_block
    is "$(wire | wc -c)" 0
    is "$(grep -c . stderr)" 1
    has stderr sallyport
    by_environment curl -sS --cacert "$CA" --json @secret.json "$PLAIN/echo" >out
    has out "$KEY"
}

@test "a policy of garbage: model hosts blocked, others pass" {
    IMAGE=$PWD/image
    head -c 5000 /dev/urandom >"$IMAGE"
    broken
}

@test "an empty policy file: model hosts blocked, others pass" {
    IMAGE=$PWD/image
    : >"$IMAGE"
    broken
}

@test "a damaged policy image: model hosts blocked, others pass" {
    IMAGE=$PWD/image
    "$SALLYPORT" compile "$POLICY" -o "$IMAGE"
    printf x | dd of="$IMAGE" bs=1 seek=4000 conv=notrunc status=none
    broken
}

@test "a policy that is not there: model hosts blocked, others pass" {
    IMAGE=$PWD/no/such/image
    broken
}

# locked_in HOW - a client that gives up its rights ("setuid"), or its file
# system too ("chroot"), before its first TLS.
locked_in() {
    mkdir -p jail
    by_environment "$PYTHON" - "$PORT" "$CA" "$1" >out <<'END'
import encodings.idna
import http.client
import os
import socket
import ssl
import sys

port, ca, how = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
with open("forbidden.json", "rb") as file:
    body = file.read()
sock = socket.create_connection(("127.0.0.1", int(port)))
if how == "chroot":
    os.chroot("jail")
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
c = http.client.HTTPSConnection("localhost", int(port), context=context)
c.sock = context.wrap_socket(sock, server_hostname="localhost")
c.request("POST", "/v1/chat/completions", body,
          {"Content-Type": "application/json"})
print(c.getresponse().read().decode())
END
}

@test "a program that gives up its rights: blocked, or judged if loaded early" {
    [ "$(id -u)" = 0 ] || skip "not root"
    local how
    IMAGE=$PWD/image
    "$SALLYPORT" compile "$POLICY" -o "$IMAGE"
    chmod 600 "$IMAGE"
    for how in setuid chroot; do
        export SALLYPORT_HOSTS=localhost
        locked_in $how
        has out 'no valid policy'
        has stderr 'LLM hosts are blocked'
        unset SALLYPORT_HOSTS
        SALLYPORT_LOAD=early locked_in $how
        has out SP-9001
        is "$(cat stderr)" ""
    done
    is "$(wire | wc -c)" 0
}

@test "an image out of reach: the list beside it is refused" {
    [ "$(id -u)" = 0 ] || skip "not root"
    # Not below the tests' own directory, which is nobody's to enter.
    local dir
    dir=$(mktemp -d /tmp/image.XXXXXX)
    chmod 755 "$dir"
    IMAGE=$dir/image
    "$SALLYPORT" compile "$POLICY" -o "$IMAGE"
    chmod 600 "$IMAGE"
    echo "localhost:$PORT" >"$IMAGE.hosts"
    chmod 644 "$IMAGE.hosts"
    locked_in setuid
    rm -r "$dir"
    has out 'no valid policy'
    is "$(wire | wc -c)" 0
}

@test "sallyport run refuses a broken policy file" {
    printf 'mode: enforce\nrulez: []\n' >bad.yaml
    POLICY=$PWD/bad.yaml
    run shim touch was-run
    is "$status" 125
    has stderr "bad.yaml:2:1: error:"
    [ ! -e was-run ]
}

@test "audit to a full disk blocks model hosts where the policy says so" {
    AUDIT=/dev/full
    POLICY=$PWD/block.yaml
    policy_write "$POLICY" 'on_failure: {audit: block}'
    # That a line cannot be written shows when the first is: the next exchange
    # is the one that is refused.
    guarded -w '%{http_code}' --json @hello.json "$LLM$chat" --next -sS \
        --cacert "$CA" -w '%{http_code}' --json @hello.json "$LLM$chat" >out
    is "$(tail -c 3 out)" 403
    is "$(wire >sent; requests_in sent)" 1
    guarded "$PLAIN/get" >out
    has out '"path":"/get"'
}

@test "audit to a full disk does not stop the work by default" {
    AUDIT=/dev/full
    guarded --json @secret.json "$LLM$chat" >out
    has out 'Hello from'
    wire >sent
    hasnt sent "$KEY_TAIL"
}

@test "audit directory that vanished follows the policy" {
    AUDIT=$PWD/gone/audit.jsonl
    POLICY=$PWD/pass.yaml
    policy_write "$POLICY" 'on_failure: {audit: pass}'
    guarded --json @hello.json "$LLM$chat" >out
    has out 'Hello from'
    POLICY=$PWD/block.yaml
    policy_write "$POLICY" 'on_failure: {audit: block}'
    guarded -w '%{http_code}' --json @hello.json "$LLM$chat" >out
    is "$(tail -c 3 out)" 403
}

@test "monitor mode changes nothing and tells everything" {
    curl -sS --cacert "$CA" --json @secret.json "$LLM$chat?say=key" >bare
    wire >bare.wire
    forget_wire
    "$SALLYPORT" run --monitor --rules "$POLICY" --audit "$AUDIT" -- \
        curl -sS --cacert "$CA" --json @secret.json "$LLM$chat?say=key" >out
    wire >sent
    cmp bare out
    cmp bare.wire sent
    forget_wire
    "$SALLYPORT" run --monitor --rules "$POLICY" --audit "$AUDIT" -- \
        curl -sS --cacert "$CA" --json @forbidden.json "$LLM$chat" >out
    has out 'Hello from'
    is "$(audit_field 0 action)" log
    is "$(audit_field 0 findings.0.rule)" SP-1001
    is "$(audit_field 1 findings.0.rule)" SP-9001
}

@test "mode: monitor in the policy does the same" {
    POLICY=$PWD/monitor.yaml
    policy_write "$POLICY" 'mode: monitor'
    guarded --json @secret.json "$LLM$chat" >out
    wire >sent
    has sent "$KEY"
    is "$(audit_field 0 action)" log
}

@test "an exclusion by id" {
    POLICY=$PWD/excluded.yaml
    policy_write "$POLICY" 'exclude:' '  - {id: SP-1001, reason: a test}'
    guarded --json @secret.json "$LLM$chat" >out
    wire >sent
    has sent "$KEY"
}

@test "the audit line tells who, where, what and how much" {
    guarded --json @secret.json "$LLM$chat?say=key" >out
    is "$(grep -c . "$AUDIT")" 1
    is "$(audit_field 0 gen_ai.system)" openai
    is "$(audit_field 0 gen_ai.request.model)" m-1
    is "$(audit_field 0 gen_ai.usage.input_tokens)" 9
    is "$(audit_field 0 gen_ai.usage.output_tokens)" 12
    is "$(audit_field 0 server.address)" "localhost"
    is "$(audit_field 0 action)" redact
    is "$(audit_field 0 findings.0.rule)" SP-1001
    case $(audit_field 0 process.executable.path) in
    */curl) ;;
    *) fail "exe is $(audit_field 0 process.executable.path)" ;;
    esac
    audit_field 0 process.pid | grep -qx '[0-9]*'
    no_secret_of_ours
}

@test "a streamed answer's usage is in the audit line" {
    guarded --json @stream.json "$LLM$chat?say=key" >out
    is "$(audit_field 0 gen_ai.usage.output_tokens)" 12
    is "$(audit_field 0 action)" redact
    no_secret_of_ours
}

@test "equal secrets have equal fingerprints, and the value is nowhere" {
    guarded --json @secret.json "$LLM$chat" \
        --next -sS --cacert "$CA" --json @secret.json "$LLM$chat" >out
    is "$(audit_field 0 findings.0.fingerprint)" \
        "$(audit_field 1 findings.0.fingerprint)"
    no_secret_of_ours
}

@test "other traffic leaves no audit line" {
    guarded "$PLAIN/get" >out
    [ ! -s "$AUDIT" ] || fail "there is one"
}

@test "the program's exit status, arguments and streams are its own" {
    run shim sh -c 'echo "$1"; cat; exit 7' sh 'two words' <hello.json
    is "$status" 7
    is "${lines[0]}" "two words"
    is "${lines[1]}" "$(cat hello.json)"
}

@test "a child made after the first session has sessions of its own" {
    shim timeout 60 "$PYTHON" - "$PORT" "$CA" <<'END'
import http.client
import os
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[2])


def dial():
    return http.client.HTTPSConnection("localhost", int(sys.argv[1]),
                                       context=context)


def ask(c, name):
    with open(name + ".json", "rb") as file:
        c.request("POST", "/v1/chat/completions", file.read(),
                  {"Content-Type": "application/json"})
    answer = c.getresponse()
    return answer.status, b"policy_block" in answer.read()


c = dial()
assert ask(c, "hello") == (200, False)
for _ in range(3):
    child = os.fork()
    if child == 0:
        mine = dial()
        assert ask(mine, "secret") == (200, False)
        assert ask(mine, "forbidden") == (403, True)
        grandchild = os.fork()
        if grandchild == 0:
            assert ask(dial(), "forbidden") == (403, True)
            os._exit(0)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
    assert os.waitpid(child, 0)[1] == 0
assert ask(c, "secret") == (200, False)
END
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent forbidden-plum
}

@test "a client that stops in the middle of a stream" {
    guarded -N --json @stream.json "$LLM$chat?say=key&wait=20" 2>/dev/null |
        head -c 300 >out || true
    [ -s out ]
    guarded --json @hello.json "$LLM$chat" >out
    has out 'Hello from'
}
