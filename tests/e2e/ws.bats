#!/usr/bin/env bats
# WebSocket: unmodified clients (Python with asyncio, blocking and with threads,
# Perl, Node) speak with a server that talks as OpenAI's Realtime and Responses
# APIs do.

load ../lib/e2e

setup_file() {
    server_start
    talks_start
    PORT=$TALK_PORT
    export PORT
    WS=wss://localhost:$PORT
    export WS
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    : >"$TALKS/said"
    : >"$TALKS/ended"
    {
        echo '?session.created'
        item "Why is $KEY refused?"
        echo '?conversation.item.created'
        echo '{"type":"response.create"}'
        echo '?response.done'
    } >talk.txt
}

# talk [shim] NAME URL FILE [FRAME] - one of the clients.
talk() {
    local guard=
    if [ "$1" = shim ]; then
        guard=shim
        shift
    fi
    local name=$1
    shift
    case $name in
    perl) set -- perl "$CLIENTS/talk.pl" "$CA" "$@" ;;
    node) set -- "$CLIENTS/node-debian" "$CLIENTS/talk.js" "$CA" "$@" ;;
    *) set -- "$PYTHON" "$CLIENTS/talk.py" "$name" "$CA" "$@" ;;
    esac
    $guard timeout 60 "$@"
}

# ended START - how the server saw the end, which it may see later than we do.
ended() {
    local i
    for ((i = 0; i < 200; i++)); do
        [ -s "$TALKS/ended" ] && break
        sleep 0.05
    done
    [[ "$(cat "$TALKS/ended")" == "$1"* ]] || fail "$(cat "$TALKS/ended")"
}

need_node() {
    "$CLIENTS/node-debian" -e 'require("ws")' 2>/dev/null ||
        skip "Debian's Node, or its ws, is not there"
}

hello="Hello from the test model: all über 😀 fine."
masked="The key is $PLACEHOLDER, keep it safe. Ü 😀 done."

pass() {
    local url="$WS/v1/realtime?pieces=7&ping=1"
    sed "s/$KEY/it/" talk.txt >plain
    talk "$1" "$url" plain >bare.out
    mv "$TALKS/said" bare.said
    : >"$TALKS/said"
    talk shim "$1" "$url" plain >shim.out
    cmp bare.out shim.out
    cmp bare.said "$TALKS/said"
    is "$(heard shim.out)" "$hello"
    is "$(tail -n 1 shim.out)" "CLOSED 1000 "
    is "$(cat stderr)" ""
}

redact() {
    talk shim "$1" "$WS/v1/realtime?say=key" talk.txt >out
    hasnt "$TALKS/said" "$KEY_TAIL"
    has "$TALKS/said" "Why is $PLACEHOLDER refused?"
    hasnt out "$KEY_TAIL"
    is "$(heard out)" "$masked"
    is "$(tail -n 1 out)" "CLOSED 1000 "
    ended "extensions 0 code " # Mojolicious does not wait for the end
    is "$(audit_field 0 action)" pass
    is "$(audit_field 0 http.response.status_code)" 101
    is "$(audit_field 1 action)" redact
    is "$(audit_field 1 gen_ai.usage.output_tokens)" 12
    no_secret_of_ours
}

block() {
    {
        echo '?session.created'
        item "Sell me a forbidden-plum."
        item "never sent"
        echo '?error'
    } >forbidden
    talk shim "$1" "$WS/v1/realtime" forbidden >out
    is "$(cat "$TALKS/said")" ""
    is "$(wc -l <out)" 3
    has out '"code":"policy_block"'
    has out 'forbidden-word (rule SP-9001, exchange sp-'
    is "$(tail -n 1 out)" "CLOSED 1008 Blocked by sallyport policy"
    ended "extensions 0 code 1001"
    is "$(audit_field 1 action)" block
}

cut() {
    printf '%s\n' '{"type":"response.create"}' '?error' >ask
    talk shim "$1" "$WS/v1/realtime?say=forbidden" ask >out
    is "$(heard out)" "Some words first, then the "
    hasnt out PLUM
    has out '"code":"policy_block"'
    is "$(tail -n 1 out)" "CLOSED 1008 Blocked by sallyport policy"
    ended "extensions 0 code 1001"
}

@test "asyncio: passes as it is, in pieces and with pings" { pass websockets; }
@test "asyncio: a secret is redacted both ways" { redact websockets; }
@test "asyncio: a prompt is blocked" { block websockets; }
@test "asyncio: an answer is blocked" { cut websockets; }

@test "blocking: passes as it is, in pieces and with pings" { pass websocket; }
@test "blocking: a secret is redacted both ways" { redact websocket; }
@test "blocking: a prompt is blocked" { block websocket; }
@test "blocking: an answer is blocked" { cut websocket; }

@test "two threads: passes as it is, in pieces and with pings" { pass threads; }
@test "two threads: a secret is redacted both ways" { redact threads; }
@test "two threads: a prompt is blocked" { block threads; }
@test "two threads: an answer is blocked" { cut threads; }

@test "Perl: passes as it is, in pieces and with pings" { pass perl; }
@test "Perl: a secret is redacted both ways" { redact perl; }
@test "Perl: a prompt is blocked" { block perl; }
@test "Perl: an answer is blocked" { cut perl; }

@test "Node: passes as it is, in pieces and with pings" { need_node; pass node; }
@test "Node: a secret is redacted both ways" { need_node; redact node; }
@test "Node: a prompt is blocked" { need_node; block node; }
@test "Node: an answer is blocked" { need_node; cut node; }

# Without TLS, by the door of plain sockets.
@test "ws: passes, redacts, blocks, cuts: every client" {
    "$PYTHON" "$ROOT/tests/lib/wsserver.py" --dir "$TALKS" --plain \
        --cert "$BATS_FILE_TMPDIR/certs/cert.pem" \
        --key "$BATS_FILE_TMPDIR/certs/key.pem" >plain.port 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local i name way
    for ((i = 0; i < 200; i++)); do
        read -r _ PORT <plain.port && [ -n "$PORT" ] && break
        sleep 0.05
    done
    WS=ws://localhost:$PORT
    POLICY=$PWD/plain.yaml
    policy_write "$POLICY"
    for name in websockets websocket threads perl node; do
        [ "$name" != node ] || "$CLIENTS/node-debian" -e 'require("ws")' ||
            continue
        for way in pass redact block cut; do
            rm -f "$AUDIT"
            : >"$TALKS/said"
            : >"$TALKS/ended"
            "$way" "$name"
        done
        is "$(audit_field 0 door)" socket
    done
}

@test "a client's frames of one character hide nothing" {
    talk shim websocket "$WS/v1/realtime" talk.txt 1 >out
    hasnt "$TALKS/said" "$KEY_TAIL"
    has "$TALKS/said" "Why is $PLACEHOLDER refused?"
}

@test "a server's frames of one character hide nothing" {
    talk shim websockets "$WS/v1/realtime?say=key&delta=1&pieces=1&ping=1" \
        talk.txt >out
    hasnt out "$KEY_TAIL"
    is "$(heard out)" "$masked"
}

@test "Responses over a WebSocket" {
    cat >ask <<END
{"type":"response.create","model":"m-1","input":"What of $KEY?"}
?response.completed
{"type":"response.create","model":"m-1","input":"And then?"}
?response.completed
END
    talk shim websockets "$WS/v1/responses?say=key" ask >out
    hasnt "$TALKS/said" "$KEY_TAIL"
    has "$TALKS/said" "What of $PLACEHOLDER?"
    is "$(heard out)" "$masked$masked"
    is "$(wc -l <"$AUDIT")" 3
    is "$(audit_field 1 route)" openai-responses
    is "$(audit_field 1 gen_ai.request.model)" m-1
    is "$(audit_field 2 gen_ai.response.id)" resp_2
}

@test "a thousand messages, each way" {
    local i
    for ((i = 0; i < 1000; i++)); do
        printf '{"type":"test.echo","n":%d,"text":"word %d"}\n' $i $i
        [ $((i % 10)) -ne 9 ] || echo '?test.echo'
    done >many
    talk websockets "$WS/v1/responses" many >bare.out
    talk shim websockets "$WS/v1/responses" many >shim.out
    cmp bare.out shim.out
    is "$(grep -c 'test.echo' shim.out)" 1000
}

@test "the server's own close is the client's" {
    printf '%s\n' '{"type":"test.close"}' '?error' >ask
    talk shim websockets "$WS/v1/realtime" ask >out
    is "$(tail -n 1 out)" "CLOSED 4000 as you wish"
}

@test "a host that is none of ours is left alone" {
    printf '%s\n' "{\"type\":\"test.echo\",\"text\":\"$KEY\"}" '?test.echo' >ask
    talk shim websockets "wss://127.0.0.2:$PORT/v1/responses" ask >out
    has out "$KEY"
    has "$TALKS/said" "$KEY"
    [ ! -s "$AUDIT" ]
}

@test "rules ask for path and model of what is said in a talk" {
    cat >when.yaml <<END
hosts: ["localhost:$PORT"]
rules:
  - {id: SP-9001, name: hello, category: test, on: response, list: [Hello],
     action: redact, when: {model: "special-*", path: "/v1/realtime"}}
  - {id: SP-9002, name: model, category: test, on: response, list: [model],
     action: redact, when: {path: "/v1/other"}}
END
    POLICY=$PWD/when.yaml
    printf '%s\n' '?session.created' '{"type":"response.create"}' \
        '?response.done' >ask
    talk shim websockets "$WS/v1/realtime?model=special-1" ask >out
    is "$(heard out)" "[redacted:hello] from the test model: all über 😀 fine."
    talk shim websockets "$WS/v1/realtime?model=plain-1" ask >out
    is "$(heard out)" "Hello from the test model: all über 😀 fine."
    # A message that names another one, and those after it that name none.
    {
        echo '?session.created'
        echo '{"type":"session.update","session":{"model":"special-2"}}'
        echo '?session.updated'
        sed 1d ask
        sed 1d ask
    } >tell
    talk shim websockets "$WS/v1/realtime?model=plain-1" tell >out
    is "$(heard out | grep -o '\[redacted:[a-z]*\] from' | wc -l)" 2
}
