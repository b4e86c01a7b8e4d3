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
# by_turns WAY COUNT - a forbidden prompt and a permitted one, so many times.
by_turns() {
    shim "$PYTHON" "$CLIENTS/ways.py" "$1" "$PORT" "$CA" forbidden.json >out
    is "$(cut -d ' ' -f 2 out | paste -sd ' ' | sed 's/403 200 */+/g')" "$2"
    wire >sent
    hasnt sent forbidden-plum
    has sent permitted-plum
}

@test "two libssls in one process, their functions asked for by name" {
    by_turns two ++++++
}

@test "libssl in a namespace of its own, its functions asked for by name" {
    by_turns space +++
}

@test "libssl by its BIOs" { way bio; }
@test "GnuTLS, its functions asked for by name" { way gnutls; }

# refused_is WAY WORDS - the library's own kind of error, and nothing left.
refused_is() {
    shim "$PYTHON" "$CLIENTS/ways.py" "$1" "$PORT" "$CA" forbidden.json >out
    has out "error"
    has out "$2"
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 event)" uncovered
    is "$(audit_field 0 action)" block
    has "$AUDIT" "$3"
    rm "$AUDIT"
}

@test "early data" {
    refused_is early "early data to an LLM host is not inspected" "early data"
    refused_is early-gnutls "Error in the push function." "early data"
}

@test "early data of a session that the server takes it in" {
    local port
    port=$(free_port)
    sleep 30 3>&- | openssl s_server -accept "127.0.0.1:$port" -early_data \
        -cert "$BATS_FILE_TMPDIR/certs/cert.pem" \
        -key "$BATS_FILE_TMPDIR/certs/key.pem" >served 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$port"
    POLICY=$PWD/policy.yaml
    PORT=$port policy_write "$POLICY"
    set -- openssl s_client -CAfile "$CA" -connect "localhost:$port"
    sleep 1 | timeout 20 "$@" -sess_out session >/dev/null 2>&1 || true
    sleep 1 | timeout 20 "$@" -sess_in session -early_data hello.json \
        >out 2>&1 || true
    has out "Early data was accepted"
    has served "Say hello."
    sleep 1 | shim timeout 20 "$@" -sess_in session \
        -early_data forbidden.json >out || true
    has out "Early data was not sent"
    has stderr "early data to an LLM host is not inspected"
    hasnt served plum
    is "$(audit_field 0 action)" block
}

@test "a file, sent by its descriptor" {
    refused_is sendfile "a file to an LLM host is not inspected" "a file"
    refused_is sendfile-gnutls "Error in the push function." "a file"
}

@test "a file, in monitor mode: told, and left to the library" {
    "$SALLYPORT" run --monitor --rules "$POLICY" --audit "$AUDIT" -- \
        "$PYTHON" "$CLIENTS/ways.py" sendfile "$PORT" "$CA" forbidden.json >out
    has out error # it wants the kernel's TLS
    hasnt out inspected
    is "$(audit_field 0 action)" log
    has "$AUDIT" "a file"
}

# in_space base|new log|refuse - a request by a library that brings libcurl,
# opened by dlmopen.
in_space() {
    cat >ask.c <<'END'
#include <curl/curl.h>
int ask(const char *url, const char *ca, const char *body);
int ask(const char *url, const char *ca, const char *body)
{
    CURL *c = curl_easy_init();
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    return curl_easy_perform(c);
}
END
    cat >space.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    int (*ask)(const char *, const char *, const char *);
    void *lib = dlmopen(argv[1][0] == 'n' ? LM_ID_NEWLM : LM_ID_BASE,
                        "./libask.so", RTLD_NOW);
    (void)argc;
    if (!lib) {
        puts(dlerror());
        return 1;
    }
    *(void **)&ask = dlsym(lib, "ask");
    return ask(argv[2], argv[3], argv[4]);
}
END
    gcc -shared -fPIC -o libask.so ask.c -lcurl
    gcc -D_GNU_SOURCE -o space space.c
    POLICY=$PWD/policy.yaml
    policy_write "$POLICY" "uncovered: $2"
    shim ./space "$1" "$LLM$chat" "$CA" \
        "$(cat forbidden.json)" >out || true
}

@test "dlmopen into the program's own namespace is as dlopen" {
    in_space base refuse
    has out SP-9001
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 findings.0.rule)" SP-9001
}

@test "dlmopen into a namespace of its own, where no preload is, is told" {
    in_space new log
    is "$(audit_field 0 event)" uncovered
    is "$(audit_field 0 action)" log
    is "$(audit_field 0 exe)" ./libask.so
    has "$AUDIT" dlmopen
}

@test "dlmopen into a namespace of its own is refused by the policy" {
    in_space new refuse
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 action)" block
    has out "refused by sallyport"
    has stderr "dlmopen"
}

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
