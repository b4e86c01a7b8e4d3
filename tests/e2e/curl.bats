#!/usr/bin/env bats
# What curl can vary: protocols, framings, codings, the three APIs.

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

guarded() { # ARGUMENT... of curl
    shim curl -sS --cacert "$CA" --max-time 60 "$@"
}

@test "alpn: http1 to a model host is answered with HTTP/1.1, elsewhere untouched" {
    (
        server_start --alpn h2,http/1.1
                POLICY=$PWD/h2.yaml
        policy_write "$POLICY" 'alpn: http1'
        test_begin
        guarded --http2 "$LLM/v1/models" >out
        has out '"path":"/v1/models"'
        journal >log
        has log 'alpn http/1.1'
        forget_wire
        # The server takes h2 and cannot speak it: that it was offered counts.
        guarded --http2 --max-time 5 "$PLAIN/get" >out || true
        journal >log
        has log 'alpn h2'
    )
}

@test "--http1.1 and --no-alpn work as well" {
    guarded --http1.1 --json @secret.json "$LLM$chat" >out
    guarded --no-alpn --json @secret.json "$LLM$chat" >>out
    wire >sent
    hasnt sent "$KEY_TAIL"
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 2
}

@test "TLS 1.2 and TLS 1.3 alone" {
    local version
    for version in 1.2 1.3; do
        (
            server_start --tls "$version"
            POLICY=$PWD/tls$version.yaml
            test_begin
            guarded --json @secret.json "$LLM$chat" \
                --next -sS --cacert "$CA" --json @forbidden.json "$LLM$chat" \
                --next -sS --cacert "$CA" --json @hello.json "$LLM$chat" >out
            has out policy_block
            is "$(grep -o 'Hello from' out | wc -l)" 2
            wire >sent
            hasnt sent "$KEY_TAIL"
            hasnt sent plum
            journal >log
            has log "tls TLSv$version"
        )
    done
}

@test "-Z: twelve transfers at once" {
    local arguments=() i
    for ((i = 0; i < 4; i++)); do
        for name in hello secret forbidden; do
            [ "${#arguments[@]}" -eq 0 ] || arguments+=(--next)
            arguments+=(-sS --cacert "$CA" --json "@$name.json"
                -o "out.$name.$i" -w '%{http_code}\n' "$LLM$chat")
        done
    done
    shim curl -Z --parallel-immediate "${arguments[@]}" >codes
    is "$(sort codes | uniq -c | tr -s ' \n' ' ')" " 8 200 4 403 "
    has out.forbidden.2 policy_block
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 4
}

@test "Expect: 100-continue does not stall for a second" {
    local start end
    {
        printf '{"messages":[{"role":"user","content":"%s ' "$KEY"
        head -c 1500000 /dev/zero | tr '\0' a
        printf '"}]}'
    } >large.json
    start=$(date +%s%N)
    guarded -H 'Expect: 100-continue' --json @large.json "$LLM$chat" >out
    end=$(date +%s%N)
    has out 'Hello from'
    wire >sent
    hasnt sent "$KEY_TAIL"
    [ $(((end - start) / 1000000)) -lt 900 ] ||
        fail "took $(((end - start) / 1000000)) ms"
    forget_wire
    sed 's/aaaa/forbidden-plum/' large.json >large2.json
    guarded -w '%{http_code}' -H 'Expect: 100-continue' --json @large2.json \
        "$LLM$chat" >out
    has out policy_block
    is "$(wire | wc -c)" 0
}

@test "chunked request body" {
    guarded -H 'Transfer-Encoding: chunked' --json @secret.json "$LLM$chat" >out
    has out 'Hello from'
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    forget_wire
    guarded -H 'Transfer-Encoding: chunked' --json @forbidden.json \
        "$LLM$chat" >out
    has out policy_block
    is "$(wire | wc -c)" 0
}

@test "gzip-coded request body" {
    gzip -k secret.json forbidden.json
    guarded -H 'Content-Encoding: gzip' -H 'Content-Type: application/json' \
        --data-binary @forbidden.json.gz "$LLM$chat" >out
    has out policy_block
    is "$(wire | wc -c)" 0
    guarded -H 'Content-Encoding: gzip' -H 'Content-Type: application/json' \
        --data-binary @secret.json.gz "$LLM/echo" >out
    wire >sent
    hasnt out "$KEY_TAIL"
    grep -qaF "$PLACEHOLDER" sent ||
        { tail -c +1 out | gzip -dc | grep -qF "$PLACEHOLDER"; }
}

@test "a secret in a whole answer, in every framing" {
    local te gzip
    for te in length chunked close; do
        for gzip in "" "&gzip=1"; do
            guarded --compressed --json @hello.json \
                "$LLM$chat?say=key&te=$te$gzip" >out
            hasnt out "$KEY_TAIL"
            has out "The key is $PLACEHOLDER, keep it safe."
            "$PYTHON" -c 'import json, sys; json.load(open(sys.argv[1]))' out
        done
    done
}

@test "a secret in a streamed answer, in every framing and cut" {
    local te gzip delta
    for te in chunked close; do
        for gzip in "" "&gzip=1"; do
            for delta in 1 2 7 40; do
                guarded --compressed -N --json @stream.json \
                    "$LLM$chat?say=key&te=$te&delta=$delta$gzip" >out
                hasnt out "$KEY_TAIL"
                is "$(said out)" \
                    "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
                has out 'data: [DONE]'
            done
        done
    done
}

@test "personal data and a listed name, both ways and in every cut" {
    local te delta POLICY=$BATS_TEST_TMPDIR/policy.yaml
    local left='Ms. [redacted:clients] (passport no. [redacted:UK_PASSPORT], паспорт [redacted:US_PASSPORT], card [redacted:card]) calls.'
    printf '%s\n' '# clients' 'Blue Heron' Falkenberg \
        >"${POLICY%/*}/clients.txt"
    printf '%s\n' 'include: [packs/pii.yaml]' 'hosts:' "  - localhost:$PORT" \
        'rules:' '  - id: SP-9001' '    name: clients' '    category: pii' \
        '    words: clients.txt' '    action: redact' >"$POLICY"
    prompt person.json 'I am falkenberg, passport no. KX4821073.'
    guarded --json @person.json "$LLM$chat?say=person" >out
    wire >sent
    has sent 'I am [redacted:clients], passport no. [redacted:UK_PASSPORT].'
    is "$("$PYTHON" -c 'import json, sys
print(json.load(sys.stdin)["choices"][0]["message"]["content"])' <out)" "$left"
    for te in chunked close; do
        for delta in 1 2 7 40; do
            guarded -N --json @stream.json \
                "$LLM$chat?say=person&te=$te&delta=$delta" >out
            is "$(said out)" "$left"
        done
    done
}

@test "untouched streams are the same bytes" {
    local path
    for path in $chat /v1/responses /v1/messages; do
        curl -sS --cacert "$CA" --json @stream.json "$LLM$path" >bare
        guarded --json @stream.json "$LLM$path" >out
        cmp bare out
    done
}

@test "Responses: redacted in deltas and in every copy of the text" {
    guarded --json '{"model":"m-1","stream":true,"input":"Say hello."}' \
        "$LLM/v1/responses?say=key" >out
    hasnt out "$KEY_TAIL"
    is "$(said out)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
    is "$(grep -oF "The key is $PLACEHOLDER, keep" out | wc -l)" 4
    has out 'event: response.completed'
    guarded --json "{\"model\":\"m-1\",\"input\":\"Is $KEY good?\"}" \
        "$LLM/v1/responses" >out
    wire >sent
    hasnt sent "$KEY_TAIL"
}

@test "a secret in streamed tool-call arguments, of each API, in every cut" {
    local path delta text="The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
    for path in $chat /v1/responses /v1/messages; do
        for delta in 1 3 8; do
            guarded --json @stream.json "$LLM$path?say=key&as=tool&delta=$delta" \
                >out
            hasnt out "$KEY_TAIL"
            said out >arguments
            "$PYTHON" - "$text" <<'END'
import json
import sys
with open("arguments") as file:
    assert json.load(file) == {"note": sys.argv[1], "list": [sys.argv[1]]}
END
        done
    done
}

@test "two interleaved choices are two texts" {
    local delta
    for delta in 1 4; do
        guarded --json @stream.json "$LLM$chat?say=key&as=twice&delta=$delta" >out
        hasnt out "$KEY_TAIL"
        is "$(said out 0)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
        is "$(said out 1)" "$(said out 0)"
    done
}

@test "Responses: blocked in OpenAI's shape" {
    guarded -D head -w '%{http_code}' \
        --json '{"model":"m-1","input":[{"role":"user","content":[{"type":"input_text","text":"a forbidden-plum"}]}]}' \
        "$LLM/v1/responses" >out
    has out '"error":{"message":'
    has out '"code":"policy_block"'
    is "$(tail -c 3 out)" 403
    grep -qi '^x-should-retry: false' head
    is "$(wire | wc -c)" 0
}

@test "Messages: redacted both ways" {
    guarded --json "{\"model\":\"m-1\",\"stream\":true,\"max_tokens\":9,\"system\":\"Use $KEY.\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Is $KEY good?\"}]}]}" \
        "$LLM/v1/messages?say=key" >out
    wire >sent
    hasnt sent "$KEY_TAIL"
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 2
    hasnt out "$KEY_TAIL"
    is "$(said out)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
    has out 'event: message_stop'
}

@test "Messages: blocked in Anthropic's shape" {
    guarded -D head -w '%{http_code}' \
        --json '{"model":"m-1","max_tokens":9,"messages":[{"role":"user","content":"a forbidden-plum"}]}' \
        "$LLM/v1/messages" >out
    has out '"type":"error"'
    has out '"type":"permission_error"'
    has out SP-9001
    is "$(tail -c 3 out)" 403
    grep -qi '^x-should-retry: false' head
    grep -qi '^content-type: application/json' head
    is "$(wire | wc -c)" 0
}

@test "a streamed answer is blocked in the middle" {
    local path
    for path in $chat /v1/responses /v1/messages; do
        guarded --json @stream.json "$LLM$path?say=forbidden" >out
        hasnt out PLUM
        has out error
        has out SP-9002
        case $(said out) in
        "Some words first"*) ;;
        *) fail "said '$(said out)'" ;;
        esac
        hasnt out '[DONE]'
        hasnt out message_stop
        hasnt out response.completed
    done
}

@test "a whole answer is blocked" {
    guarded -w '%{http_code}' --json @hello.json "$LLM$chat?say=forbidden" >out
    hasnt out PLUM
    has out SP-9002
    is "$(tail -c 3 out)" 403
}

@test "a body of no known shape on a model host" {
    guarded --json "{\"a\":[{\"b\":\"so $KEY it is\"}]}" "$LLM/v1/other" >out
    has out '"path":"/v1/other"'
    wire >sent
    hasnt sent "$KEY_TAIL"
    has sent "$PLACEHOLDER"
    forget_wire
    guarded --json '{"a":{"forbidden":"the forbidden-plum"}}' "$LLM/v1/other" \
        >out
    has out policy_block
    is "$(wire | wc -c)" 0
}

@test "HEAD, 204 and a large download from a model host" {
    guarded -I "$LLM/get" >out
    has out '200 OK'
    guarded -w '%{http_code}' "$LLM/status/204" >out
    is "$(cat out)" 204
    guarded "$LLM/big?n=3000000" >out
    is "$(wc -c <out)" 3000000
}

@test "a large download from another host" {
    guarded "$PLAIN/big?n=30000000" | cksum >out
    curl -sS --cacert "$CA" "$PLAIN/big?n=30000000" | cksum >wanted
    cmp out wanted
}

@test "ambiguous framing is refused and nothing forwarded" {
    guarded -w '%{http_code}' -H 'Transfer-Encoding: chunked' \
        -H 'Content-Length: 5' --json @hello.json "$LLM$chat" >out
    case $(tail -c 3 out) in
    4??) ;;
    *) fail "answered $(tail -c 3 out)" ;;
    esac
    is "$(wire | wc -c)" 0
}

@test "broken JSON is refused and nothing forwarded" {
    guarded -w '%{http_code}' --json '{"messages":[}' "$LLM$chat" >out
    case $(tail -c 3 out) in
    4??) ;;
    *) fail "answered $(tail -c 3 out)" ;;
    esac
    is "$(wire | wc -c)" 0
}
