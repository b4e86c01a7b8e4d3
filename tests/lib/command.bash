# shellcheck shell=bash
# What the tests of sallyport's own commands share: no server, no client.

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
BUILD=${BUILD:-$ROOT/build/plain}
# shellcheck disable=SC2034 # for those who load this
SALLYPORT=${SALLYPORT:-$BUILD/sallyport}

# A made-up key, in two halves so that no file holds it whole.
KEY_TAIL=PR7INFP33UO5PSZK
# shellcheck disable=SC2034
KEY=AKIA$KEY_TAIL

# Nothing of who runs the tests counts, and nothing is left behind.
environment_clear() {
    export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
    export XDG_STATE_HOME=$BATS_FILE_TMPDIR/state
    unset SALLYPORT_AUDIT SALLYPORT_POLICY SALLYPORT_MODE LD_PRELOAD
}

# expect STATUS COMMAND... - its stdout to `out`, stderr to `err`.
expect() {
    local want=$1 got=0

    shift
    "$@" >out 2>err || got=$?
    [ "$got" -eq "$want" ] && return
    echo "status $got, not $want: $*"
    head -c 2000 out err
    return 1
}

# none_left NAME FILE - no temporary file NAME-* of ours is newer than FILE; that
# of a command which runs beside this test goes in a moment.
none_left() {
    local i

    for ((i = 0; i < 100; i++)); do
        [ -n "$(find /tmp -maxdepth 1 -name "$1-*" -newer "$2")" ] || return 0
        sleep 0.05
    done
    echo "there is a $1"
    return 1
}

# exchange NAME TEXT REPLY - a raw one, to OpenAI's chat.
exchange() {
    local body='{"model":"m","messages":[{"role":"user","content":"'$2'"}]}'
    local answer='{"choices":[{"index":0,"message":{"role":"assistant","content":"'$3'"}}]}'

    printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n%s%s\r\n\r\n%s' \
        $'Content-Type: application/json\r\n' \
        "Content-Length: ${#body}" "$body" >"$1.request"
    printf 'HTTP/1.1 200 OK\r\n%sContent-Length: %s\r\n\r\n%s' \
        $'Content-Type: application/json\r\n' "${#answer}" "$answer" \
        >"$1.response"
}
