#!/usr/bin/env bats
# Ways around the shim that an ordinary program may take without meaning to. Each
# is guarded, or refused; none is silent.

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

# The forbidden prompt did not leave, and the program was told.
guarded_is() { # COMMAND...
    shim "$@" >out || true
    has out SP-9001
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 findings.0.rule)" SP-9001
}

way() {
    guarded_is "$PYTHON" "$CLIENTS/ways.py" "$1" "$PORT" "$CA" forbidden.json \
        "${@:2}"
}

@test "a child without environment" {
    guarded_is env -i "$(command -v curl)" -sS --cacert "$CA" \
        --json @forbidden.json "$LLM$chat"
}

@test "a subprocess of Python with an empty environment" {
    guarded_is "$PYTHON" -c 'import subprocess, sys
subprocess.run(sys.argv[1:], env={})' "$(command -v curl)" -sS \
        --cacert "$CA" --json @forbidden.json "$LLM$chat"
}

@test "libssl opened with RTLD_DEEPBIND" { way deep; }
@test "a second libssl in one process" { way second; }
@test "libssl by its BIOs" { way bio; }

@test "no server name in the handshake" {
    way write -
}

@test "an address instead of a name" {
    way write - "127.0.0.1:$PORT"
    rm "$AUDIT"
    guarded_is curl -sS --cacert "$CA" --json @forbidden.json \
        "https://127.0.0.1:$PORT$chat"
}

@test "another Host than the server name" {
    way write other.test "localhost:$PORT"
    rm "$AUDIT"
    way write localhost "other.test"
}

@test "a proxy by CONNECT" {
    "$PYTHON" "$ROOT/tests/lib/proxy.py" >proxy.out 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local i
    for ((i = 0; i < 100; i++)); do
        [ -s proxy.out ] && break
        sleep 0.05
    done
    read -r _ proxy <proxy.out
    guarded_is curl -sS --cacert "$CA" --json @forbidden.json \
        -x "http://127.0.0.1:$proxy" "$LLM$chat"
}

@test "a unix socket" {
    socat "UNIX-LISTEN:$PWD/door,fork" "TCP:127.0.0.1:$PORT" 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local i
    for ((i = 0; i < 100; i++)); do
        [ -S door ] && break
        sleep 0.05
    done
    guarded_is curl -sS --cacert "$CA" --json @forbidden.json \
        --unix-socket "$PWD/door" "$LLM$chat"
}

# Refused before anything is said.
@test "HTTP/3: its first packets" {
    is "$(shim "$PYTHON" "$CLIENTS/datagram.py" sendto 1 localhost "$PORT")" \
        EPERM
    has stderr "connection to localhost refused"
    is "$(audit_field 0 condition)" unseen_tls
}

@test "a TLS library within the program" {
    shim "$BUILD/tests/prog_unseen" fd localhost 127.0.0.1 "$PORT" >out || true
    has out refused
    has stderr "connection to localhost refused"
    is "$(audit_field 0 condition)" unseen_tls
    is "$(connections)" 0
}

@test "early data" {
    local port
    port=$(free_port)
    sleep 60 3>&- | openssl s_server -accept "$port" -early_data -quiet \
        -cert "$BATS_FILE_TMPDIR/certs/cert.pem" \
        -key "$BATS_FILE_TMPDIR/certs/key.pem" >server.out 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local ask=(timeout 20 openssl s_client -connect "localhost:$port"
        -servername localhost -CAfile "$CA") i
    echo "GET /?forbidden-plum HTTP/1.0" >request
    for ((i = 0; i < 50; i++)); do
        sleep 1 | "${ask[@]}" -sess_out session >bare 2>&1 || true
        [ -s session ] && break
    done
    sleep 1 | "${ask[@]}" -sess_in session -early_data request >bare 2>&1
    has bare "Early data was accepted"
    has server.out forbidden-plum
    cp server.out before
    sed "s/localhost:$PORT/localhost:$port/" "$POLICY" >early.yaml
    sleep 1 | POLICY=$PWD/early.yaml shim "${ask[@]}" -sess_in session \
        -early_data request >out 2>&1 || true
    hasnt out "Early data was accepted"
    is "$(grep -c plum server.out)" "$(grep -c plum before)"
    cat out stderr >said
    has said "early data to an LLM host is not inspected"
}
