#!/usr/bin/env bats
# Unmodified programs under the shim: traffic that is not ours passes byte for
# byte, a secret is redacted on its way out, a prompt is blocked, a streamed
# answer is redacted on its way in, the session goes on after a block, and a
# large body reaches a slow reader.

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

pass() {
    need "$1"
    local jobs=(GET "$PLAIN/get" - POST "$PLAIN/echo" secret.json
        POST "$PLAIN/v1/chat/completions?say=key" stream.json)
    client "$1" "${jobs[@]}" >bare.out
    wire >bare.wire
    forget_wire
    client shim "$1" "${jobs[@]}" >shim.out
    wire >shim.wire
    cmp bare.out shim.out
    cmp bare.wire shim.wire
    has shim.out "$KEY"
    is "$(statuses shim.out)" "200 200 200"
    is "$(cat stderr)" ""
}

redact() {
    need "$1"
    client shim "$1" POST "$LLM/v1/chat/completions" secret.json >out
    wire >sent
    is "$(statuses out)" 200
    has out "Hello from the test model"
    has sent "Why is $PLACEHOLDER refused?"
    hasnt sent "$KEY_TAIL"
    is "$(audit_field 0 action)" redact
    no_secret_of_ours
}

block() {
    need "$1"
    client shim "$1" POST "$LLM/v1/chat/completions" forbidden.json >out
    is "$(statuses out)" 403
    has out "retry=false"
    has out '"code":"policy_block"'
    has out SP-9001
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 action)" block
    is "$(audit_field 0 findings.0.rule)" SP-9001
}

stream() {
    need "$1"
    client shim "$1" POST "$LLM/v1/chat/completions?say=key&wait=1" \
        stream.json >out
    is "$(statuses out)" 200
    hasnt out "$KEY_TAIL"
    has out "data: [DONE]"
    is "$(said out)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
    no_secret_of_ours
}

alive() {
    need "$1"
    client shim "$1" POST "$LLM/v1/chat/completions" hello.json \
        POST "$LLM/v1/chat/completions" forbidden.json \
        POST "$LLM/v1/chat/completions" hello.json >out
    is "$(statuses out)" "200 403 200"
    wire >sent
    hasnt sent plum
    is "$(requests_in sent)" 2
}

big() {
    need "$1"
    {
        printf '{"model":"m-1","messages":[{"role":"user","content":"'
        head -c 2500000 /dev/zero | tr '\0' a
        printf ' %s ' "$KEY"
        head -c 2500000 /dev/zero | tr '\0' b
        printf '"}]}'
    } >big.json
    client shim "$1" POST "$LLM/v1/chat/completions?slow=1" big.json >out
    is "$(statuses out)" 200
    wire >sent
    hasnt sent "$KEY_TAIL"
    sed "s/$KEY/$PLACEHOLDER/" big.json >wanted
    tail -c "$(wc -c <wanted)" sent | cmp - wanted
}

@test "curl: what is not ours passes unchanged" { pass curl; }
@test "curl: secret redacted" { redact curl; }
@test "curl: prompt blocked" { block curl; }
@test "curl: streamed answer redacted" { stream curl; }
@test "curl: session goes on after a block" { alive curl; }
@test "curl: 5 MB to a slow reader" { big curl; }

@test "python-http: what is not ours passes unchanged" { pass python-http; }
@test "python-http: secret redacted" { redact python-http; }
@test "python-http: prompt blocked" { block python-http; }
@test "python-http: streamed answer redacted" { stream python-http; }
@test "python-http: session goes on after a block" { alive python-http; }
@test "python-http: 5 MB to a slow reader" { big python-http; }

@test "python-requests: what is not ours passes unchanged" { pass python-requests; }
@test "python-requests: secret redacted" { redact python-requests; }
@test "python-requests: prompt blocked" { block python-requests; }
@test "python-requests: streamed answer redacted" { stream python-requests; }
@test "python-requests: session goes on after a block" { alive python-requests; }
@test "python-requests: 5 MB to a slow reader" { big python-requests; }

@test "python-httpx: what is not ours passes unchanged" { pass python-httpx; }
@test "python-httpx: secret redacted" { redact python-httpx; }
@test "python-httpx: prompt blocked" { block python-httpx; }
@test "python-httpx: streamed answer redacted" { stream python-httpx; }
@test "python-httpx: session goes on after a block" { alive python-httpx; }
@test "python-httpx: 5 MB to a slow reader" { big python-httpx; }

@test "python-httpx-async: what is not ours passes unchanged" { pass python-httpx-async; }
@test "python-httpx-async: secret redacted" { redact python-httpx-async; }
@test "python-httpx-async: prompt blocked" { block python-httpx-async; }
@test "python-httpx-async: streamed answer redacted" { stream python-httpx-async; }
@test "python-httpx-async: session goes on after a block" { alive python-httpx-async; }
@test "python-httpx-async: 5 MB to a slow reader" { big python-httpx-async; }

@test "python-aiohttp: what is not ours passes unchanged" { pass python-aiohttp; }
@test "python-aiohttp: secret redacted" { redact python-aiohttp; }
@test "python-aiohttp: prompt blocked" { block python-aiohttp; }
@test "python-aiohttp: streamed answer redacted" { stream python-aiohttp; }
@test "python-aiohttp: session goes on after a block" { alive python-aiohttp; }
@test "python-aiohttp: 5 MB to a slow reader" { big python-aiohttp; }

@test "ruby: what is not ours passes unchanged" { pass ruby; }
@test "ruby: secret redacted" { redact ruby; }
@test "ruby: prompt blocked" { block ruby; }
@test "ruby: streamed answer redacted" { stream ruby; }
@test "ruby: session goes on after a block" { alive ruby; }
@test "ruby: 5 MB to a slow reader" { big ruby; }

@test "perl: what is not ours passes unchanged" { pass perl; }
@test "perl: secret redacted" { redact perl; }
@test "perl: prompt blocked" { block perl; }
@test "perl: streamed answer redacted" { stream perl; }
@test "perl: session goes on after a block" { alive perl; }
@test "perl: 5 MB to a slow reader" { big perl; }

@test "php-streams: what is not ours passes unchanged" { pass php-streams; }
@test "php-streams: secret redacted" { redact php-streams; }
@test "php-streams: prompt blocked" { block php-streams; }
@test "php-streams: streamed answer redacted" { stream php-streams; }
@test "php-streams: session goes on after a block" { alive php-streams; }
@test "php-streams: 5 MB to a slow reader" { big php-streams; }

@test "php-curl: what is not ours passes unchanged" { pass php-curl; }
@test "php-curl: secret redacted" { redact php-curl; }
@test "php-curl: prompt blocked" { block php-curl; }
@test "php-curl: streamed answer redacted" { stream php-curl; }
@test "php-curl: session goes on after a block" { alive php-curl; }
@test "php-curl: 5 MB to a slow reader" { big php-curl; }
