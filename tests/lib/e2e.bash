# Helpers of the end-to-end tests: a local TLS server, a policy that declares
# localhost to be a model host, programs run under the shim, and what was seen
# on the wire. The same server as 127.0.0.2 is no model host.

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
BUILD=${BUILD:-$ROOT/build/plain}
SALLYPORT=${SALLYPORT:-$BUILD/sallyport}
CLIENTS=$ROOT/tests/e2e/clients
# shellcheck disable=SC2034 # for the matrix
NPM=$ROOT/build/npm/node_modules
PYTHON=/usr/bin/python3

# A made-up key, in two halves as in llmserver.py.
KEY_TAIL=PR7INFP33UO5PSZK
KEY=AKIA$KEY_TAIL
export PLACEHOLDER='[redacted:aws-access-key]'

# made OPTION... TARGET... - made, by one file of tests at a time.
made() {
    flock "$ROOT/build" make -C "$ROOT" -j2 "$@" >&2
}

# server_start [OPTION...] - makes certificates and starts the server of this
# file. Sets PORT, LLM and PLAIN (base addresses), CA, SERVER_DIR.
server_start() {
    CA=$BATS_FILE_TMPDIR/certs/ca.pem
    SERVER_DIR=$(mktemp -d "$BATS_FILE_TMPDIR/server.XXXXXX")
    [ -e "$CA" ] || "$ROOT/tests/lib/certs.sh" "$BATS_FILE_TMPDIR/certs" \
        >"$SERVER_DIR/certs.out" 2>&1
    "$PYTHON" "$ROOT/tests/lib/llmserver.py" --dir "$SERVER_DIR" \
        --cert "$BATS_FILE_TMPDIR/certs/cert.pem" \
        --key "$BATS_FILE_TMPDIR/certs/key.pem" "$@" \
        >"$SERVER_DIR/out" 2>"$SERVER_DIR/err" 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local i
    for ((i = 0; i < 200; i++)); do
        [ -s "$SERVER_DIR/out" ] && read -r _ PORT <"$SERVER_DIR/out" && break
        sleep 0.05
    done
    [ -n "${PORT:-}" ] || return 1
    LLM=https://localhost:$PORT
    PLAIN=https://127.0.0.2:$PORT
    export CA SERVER_DIR PORT LLM PLAIN
    export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
    # A test is about one program, not about a proxy of the machine.
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
}

# talks_start - the WebSocket server beside it, with the same certificate. Sets
# TALKS, its directory, and TALK_PORT.
talks_start() {
    TALKS=$(mktemp -d "$BATS_FILE_TMPDIR/talks.XXXXXX")
    "$PYTHON" "$ROOT/tests/lib/wsserver.py" --dir "$TALKS" \
        --cert "$BATS_FILE_TMPDIR/certs/cert.pem" \
        --key "$BATS_FILE_TMPDIR/certs/key.pem" \
        >"$TALKS/out" 2>"$TALKS/err" 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local i
    for ((i = 0; i < 200; i++)); do
        [ -s "$TALKS/out" ] && read -r _ TALK_PORT <"$TALKS/out" && break
        sleep 0.05
    done
    export TALKS TALK_PORT
}

# item TEXT - a message of the user's, as Realtime has it.
item() {
    printf '{"type":"conversation.item.create","item":{"type":"message",'
    printf '"role":"user","content":[{"type":"input_text","text":"%s"}]}}\n' \
        "$1"
}

# heard FILE - the text of the deltas of a talk, put together.
heard() {
    "$PYTHON" - "$1" <<'END'
import json
import sys

for line in open(sys.argv[1], encoding="utf-8"):
    if '.delta"' in line:
        sys.stdout.write(json.loads(line)["delta"])
END
}

free_port() {
    "$PYTHON" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# waits_for PORT - until somebody listens.
waits_for() {
    local i
    for ((i = 0; i < 200; i++)); do
        (: </dev/tcp/127.0.0.1/"$1") 2>/dev/null && return
        sleep 0.05
    done
    return 1
}

servers_stop() {
    local pid
    [ -e "$BATS_FILE_TMPDIR/servers" ] || return 0
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done <"$BATS_FILE_TMPDIR/servers"
}

# policy_write FILE [LINE...] - the policy of the tests, with more lines.
policy_write() {
    local file=$1
    shift
    {
        printf '%s\n' 'include: [packs/secrets.yaml, packs/injection.yaml]' \
            'hosts:' "  - localhost:$PORT" "$@"
        cat <<'END'
rules:
  - id: SP-9001
    name: forbidden-word
    category: policy
    on: request
    in: [user, tool]
    keywords: [forbidden-plum]
    match: '(?i)forbidden-plum'
    action: block
    severity: high
    tests:
      hit: ["the Forbidden-Plum"]
      miss: ["a permitted plum"]
  - id: SP-9002
    name: forbidden-answer
    category: policy
    on: response
    in: [assistant]
    keywords: [forbidden-plum]
    match: '(?i)forbidden-plum'
    action: block
    severity: high
    tests:
      hit: ["the Forbidden-Plum"]
      miss: ["a permitted plum"]
END
    } >"$file"
}

# prompt FILE TEXT [true|false] - a chat request with TEXT (no quotes in it).
prompt() {
    printf '{"model":"m-1","stream":%s,"messages":[{"role":"user","content":"%s"}]}' \
        "${3:-false}" "$2" >"$1"
}

# Called by each file's setup: a fresh audit file, and what was on the wire
# before is forgotten.
test_begin() {
    cd "$BATS_TEST_TMPDIR" || return 1
    # What the caller has set of ours must not reach the programs under test.
    unset "${!SALLYPORT_@}"
    AUDIT=$BATS_TEST_TMPDIR/audit.jsonl
    POLICY=${POLICY:-$BATS_FILE_TMPDIR/policy.yaml}
    [ -e "$POLICY" ] || policy_write "$POLICY"
    prompt hello.json "Say hello."
    prompt secret.json "Why is $KEY refused?"
    prompt forbidden.json "Sell me a forbidden-plum please."
    prompt stream.json "Say hello." true
    forget_wire
}

forget_wire() {
    SEEN_BEFORE=$(find "$SERVER_DIR" -name 'conn-*.in' | wc -l)
}

# What clients sent since test_begin, all connections in order.
wire() {
    local n file
    for ((n = SEEN_BEFORE + 1; ; n++)); do
        file=$SERVER_DIR/conn-$n.in
        [ -e "$file" ] || break
        cat "$file"
    done
}

journal() {
    local n file
    for ((n = SEEN_BEFORE + 1; ; n++)); do
        file=$SERVER_DIR/conn-$n.log
        [ -e "$file" ] || break
        cat "$file"
    done
}

# requests_in FILE - how many requests stand in what was on the wire.
requests_in() {
    grep -aoE '(GET|HEAD|POST) /[^ ]* HTTP/1\.1' "$1" | wc -l
}

connections() {
    echo $(($(find "$SERVER_DIR" -name 'conn-*.in' | wc -l) - SEEN_BEFORE))
}

# shim PROGRAM... - run it guarded, stderr to the file `stderr`.
shim() {
    "$SALLYPORT" run --rules "$POLICY" --audit "$AUDIT" -- "$@" 2>stderr
}

# client NAME METHOD URL BODYFILE ... - one of the programs of clients/.
# The word before NAME may be `shim`. Skips the test where it is missing.
client() {
    local guard=
    if [ "$1" = shim ]; then
        guard=shim
        shift
    fi
    local name=$1 status=0
    shift
    case $name in
    curl) set -- "$CLIENTS/client.sh" "$CA" "$@" ;;
    python-*) set -- "$PYTHON" "$CLIENTS/client.py" "${name#python-}" "$CA" "$@" ;;
    ruby) set -- ruby "$CLIENTS/client.rb" "$CA" "$@" ;;
    perl) set -- perl "$CLIENTS/client.pl" "$CA" "$@" ;;
    php-*) set -- php "$CLIENTS/client.php" "${name#php-}" "$CA" "$@" ;;
    esac
    command -v "$1" >/dev/null || return 77
    if [ -n "$guard" ]; then
        shim "$@" || status=$?
    else
        "$@" 2>stderr || status=$?
    fi
    if [ "$status" -ne 0 ]; then
        cat stderr >&2
    fi
    return "$status"
}

# need NAME - skip the test where the client is not installed.
need() {
    local missing
    case $1 in
    python-http | curl) return ;;
    python-*) missing=$1; set -- "${1#python-}"
        "$PYTHON" -c "import ${1%-async}" 2>/dev/null && return ;;
    ruby) missing=ruby; command -v ruby >/dev/null && return ;;
    perl) missing=LWP
        perl -MLWP::Protocol::https -e 1 2>/dev/null && return ;;
    php-curl) missing=php-curl; php -m 2>/dev/null | grep -qx curl && return ;;
    php-*) missing=php; command -v php >/dev/null && return ;;
    esac
    skip "$missing is not installed"
}

# --- Checks. Each says what it saw when it fails.

fail() {
    echo "$*" >&2
    if [ -s stderr ]; then
        echo "stderr: $(head -c 2000 stderr)" >&2
    fi
    if [ -s "${AUDIT:-/dev/null}" ]; then
        echo "audit: $(tail -n 3 "$AUDIT" | head -c 3000)" >&2
    fi
    return 1
}

has() { # FILE TEXT
    grep -qF -- "$2" "$1" || fail "'$2' is not in $1: $(head -c 1500 "$1")"
}

hasnt() { # FILE TEXT
    ! grep -qF -- "$2" "$1" || fail "'$2' is in $1: $(head -c 1500 "$1")"
}

is() { # GOT WANTED
    [ "$1" = "$2" ] || fail "got '$1', wanted '$2'"
}

# statuses FILE - the codes a client printed, in one line.
statuses() {
    sed -n 's/^STATUS \([0-9]*\) .*/\1/p' "$1" | paste -sd ' '
}

# said FILE [CHOICE] - the text, or the arguments of the tool call, that a
# streamed answer of any of the three APIs tells.
said() {
    "$PYTHON" - "$1" "${2:-0}" <<'END'
import json
import sys

text = ""
for line in open(sys.argv[1], encoding="utf-8"):
    if not line.startswith("data: {"):
        continue
    event = json.loads(line[6:])
    for choice in event.get("choices", ()):
        if choice["index"] != int(sys.argv[2]):
            continue
        text += choice["delta"].get("content") or ""
        for call in choice["delta"].get("tool_calls", ()):
            text += call["function"]["arguments"]
    delta = event.get("delta")
    if isinstance(delta, str):
        text += delta
    elif isinstance(delta, dict):
        text += delta.get("text", "") + delta.get("partial_json", "")
sys.stdout.write(text)
END
}

# audit_field N PATH - a member of the N-th audit line; PATH as in a.b or
# findings.0.rule, with the dots of OpenTelemetry names written as they are.
audit_field() {
    "$PYTHON" - "$AUDIT" "$1" "$2" <<'END'
import json
import sys

path, number, name = sys.argv[1:]
value = [json.loads(line) for line in open(path)][int(number)]
if name in value:
    value = value[name]
else:
    for key in name.split("."):
        value = value[int(key) if key.isdigit() else key]
print(value if isinstance(value, str) else json.dumps(value))
END
}

# Nothing of the key in what we write ourselves.
no_secret_of_ours() {
    [ ! -e "$AUDIT" ] || hasnt "$AUDIT" "$KEY_TAIL"
    [ ! -e stderr ] || hasnt stderr "$KEY_TAIL"
}
