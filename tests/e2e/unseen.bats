#!/usr/bin/env bats
# TLS and QUIC that the shim does not see into: to a model host it is refused,
# and said; to others it passes. And what only looks like that is not refused.

load ../lib/e2e

BUN=$NPM/@oven/bun-linux-x64/bin/bun
DENO=$NPM/@deno/linux-x64-glibc/deno

setup_file() {
    make -C "$ROOT" B="$BUILD" all helpers >&2
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
}

chat=/v1/chat/completions

# What was refused: one line for people, one in the audit, nothing on the wire.
refused_is() { # HOST [PROTOCOL]
    is "$(grep -c 'sallyport: connection to .* refused: ' stderr)" 1
    has stderr "connection to $1 refused"
    is "$(audit_field -1 event) $(audit_field -1 action)" "unseen block"
    is "$(audit_field -1 condition)" unseen_tls
    is "$(audit_field -1 server.address)" "$1"
    is "$(audit_field -1 protocol)" "${2:-tls}"
    is "$(connections)" 0
}

# The other host, by the same program: no word, no line.
passed_is() {
    hasnt stderr sallyport:
    [ ! -s "$AUDIT" ] || fail "something was noted"
}

hidden() { # HOW NAME ADDRESS
    timeout 30 "$BUILD/tests/prog_unseen" "$1" "$2" "$3" "$PORT"
}

hidden_shim() {
    shim timeout 30 "$BUILD/tests/prog_unseen" "$1" "$2" "$3" "$PORT"
}

# --- Real programs.

@test "Bun" {
    [ -x "$BUN" ] || skip "bun is not installed"
    cat >job.js <<'END'
const [url, ca] = process.argv.slice(2);
try {
    const answer = await fetch(url, {method: "POST", body: "{}",
        tls: {ca: Bun.file(ca), checkServerIdentity: () => undefined}});
    console.log(answer.status);
} catch (e) {
    console.log("failed", e.code);
}
END
    shim timeout 60 "$BUN" job.js "$PLAIN/echo" "$CA" >out
    is "$(cat out)" 200
    passed_is
    forget_wire
    shim timeout 60 "$BUN" job.js "$LLM$chat" "$CA" >out
    has out failed
    refused_is localhost
}

@test "rustls, in Deno" {
    [ -x "$DENO" ] || skip "deno is not installed"
    cat >job.js <<'END'
const [url] = Deno.args;
try {
    const answer = await fetch(url, {method: "POST", body: "{}"});
    console.log(answer.status);
} catch (e) {
    console.log("failed", e.message);
}
END
    local ask=(timeout 60 env "DENO_DIR=$PWD/deno" "DENO_CERT=$CA"
        DENO_NO_UPDATE_CHECK=1 "$DENO" run --quiet --no-remote --allow-net
        job.js)
    shim "${ask[@]}" "$PLAIN/echo" >out
    is "$(cat out)" 200
    passed_is
    forget_wire
    shim "${ask[@]}" "$LLM$chat" >out
    has out failed
    refused_is localhost
}

# Java sends no name that has no dot: then the address tells.
@test "Java, with a name and without" {
    command -v keytool >/dev/null || skip "java is not installed"
    shim timeout 60 keytool -printcert -sslserver "127.0.0.2:$PORT" >out
    has out CN=localhost
    passed_is
    forget_wire
    shim timeout 60 keytool -printcert -sslserver "localhost:$PORT" >out ||
        true
    refused_is localhost
    echo '127.0.0.1 llm.test' >names
    sed "s/localhost:$PORT/llm.test/" "$POLICY" >named.yaml
    POLICY=$PWD/named.yaml shim timeout 60 keytool \
        -J-Djdk.net.hosts.file=names -printcert \
        -sslserver "llm.test:$PORT" >out || true
    refused_is llm.test
}

@test "NSS" {
    command -v tstclnt >/dev/null || skip "libnss3-tools is not installed"
    mkdir db
    certutil -N -d sql:db --empty-password </dev/null
    printf 'GET /get HTTP/1.0\r\n\r\n' >request
    shim timeout 30 tstclnt -h 127.0.0.2 -a other.test -p "$PORT" -d sql:db \
        -o -Q <request >out
    passed_is
    forget_wire
    shim timeout 30 tstclnt -h 127.0.0.1 -a localhost -p "$PORT" -d sql:db \
        -o -Q <request >out 2>&1 || true
    refused_is localhost
}

@test "OpenSSL within a program that is not redirected" {
    local node="$NPM/node22/bin/node"
    [ -x "$node" ] || skip "node22 is not installed"
    SALLYPORT_PATCH=off NODE_EXTRA_CA_CERTS=$CA shim timeout 60 "$node" \
        "$CLIENTS/client.js" fetch "$CA" POST "$LLM$chat" hello.json >out ||
        true
    refused_is localhost
}

# --- The ways in which a hello leaves.

@test "a hello in any pieces, calls and records" {
    local how
    for how in fd write send writev sendmsg sendmmsg thread write:5 write:100 \
        send:43 send:44 writev:1 writev:5 sendmsg:43 sendmmsg:60 \
        records:1 records:7 records:100; do
        echo "$how"
        is "$(hidden "$how" localhost 127.0.0.1)" answered
        is "$(hidden_shim "$how" other.test 127.0.0.2)" answered
        hasnt stderr sallyport:
        forget_wire
        hidden_shim "$how" localhost 127.0.0.1 >out || true
        [ "$how" = thread ] || has out "refused EPERM" # its own errno
        has out refused
        has stderr 'connection to localhost refused'
        is "$(wire | wc -c)" 0
    done
}

@test "after a refusal the socket takes nothing more, and nobody dies" {
    hidden_shim send localhost 127.0.0.1 >out || true
    is "$(cat out)" "refused EPERM Operation not permitted"
}

@test "letters and a last dot make no other name" {
    hidden_shim send LOCALhost. 127.0.0.1 >out || true
    has out refused
}

@test "no name: the address of a model host" {
    hidden_shim send - 127.0.0.1 >out || true
    has out "refused EPERM"
    refused_is 127.0.0.1
    hidden_shim write:5 - 127.0.0.1 >out || true
    has out "refused EPERM"
    rm "$AUDIT"
    is "$(hidden_shim send - 127.0.0.2)" answered
    passed_is
}

@test "another port of the same host is another host" {
    local other how
    other=$(free_port)
    sed "s/localhost:$PORT/localhost:$other/" "$POLICY" >other.yaml
    for how in send write:5 write:100; do
        POLICY=$PWD/other.yaml hidden_shim $how localhost 127.0.0.1 >out
        is "$(cat out)" answered
        passed_is
    done
}

@test "where something was said before: to a proxy, or to the host itself" {
    local sink other
    sink=$(free_port)
    other=$(free_port)
    socat -u "TCP-LISTEN:$sink,fork,reuseaddr" OPEN:/dev/null 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$sink"
    # As far as one can tell, a proxy that leads to the model host.
    sed "s/localhost:$PORT/localhost/" "$POLICY" >any.yaml
    POLICY=$PWD/any.yaml shim "$PYTHON" "$CLIENTS/stray.py" "$sink" 1 0 \
        CONNECT >out
    is "$(cat out)" refused
    rm "$AUDIT"
    # STARTTLS on another port of it.
    sed "s/localhost:$PORT/localhost:$other/" "$POLICY" >other.yaml
    POLICY=$PWD/other.yaml shim "$PYTHON" "$CLIENTS/stray.py" "$sink" 1 0 \
        STARTTLS >out
    is "$(cat out)" sent
    passed_is
}

# --- The policy.

@test "a policy may let it pass; then it is only noted" {
    policy_write pass.yaml 'on_failure: {unseen_tls: pass}'
    POLICY=$PWD/pass.yaml hidden_shim send localhost 127.0.0.1 >out
    is "$(cat out)" answered
    hasnt stderr sallyport:
    is "$(audit_field 0 event) $(audit_field 0 action)" "unseen log"
}

@test "monitor: only noted" {
    "$SALLYPORT" run --monitor --rules "$POLICY" --audit "$AUDIT" -- \
        "$BUILD/tests/prog_unseen" send localhost 127.0.0.1 "$PORT" >out \
        2>stderr
    is "$(cat out)" answered
    is "$(audit_field 0 action)" log
    rm "$AUDIT"
    policy_write monitor.yaml 'mode: monitor'
    POLICY=$PWD/monitor.yaml hidden_shim send localhost 127.0.0.1 >out
    is "$(cat out)" answered
    is "$(audit_field 0 action)" log
}

# under IMAGE PROGRAM... - without `run`.
under() {
    LD_PRELOAD="$BUILD/libsallyport.so" SALLYPORT_POLICY=$1 \
        SALLYPORT_AUDIT=$AUDIT "${@:2}" 2>stderr
}

@test "without run, the list beside the image tells all of it" {
    local ask=("$BUILD/tests/prog_unseen" send localhost 127.0.0.1 "$PORT")
    "$SALLYPORT" compile "$POLICY" -o image
    under "$PWD/image" "${ask[@]}" >out || true
    has out refused
    refused_is localhost
    policy_write pass.yaml 'on_failure: {unseen_tls: pass}'
    "$SALLYPORT" compile pass.yaml -o image
    is "$(under "$PWD/image" "${ask[@]}")" answered
    is "$(audit_field -1 action)" log
    SALLYPORT_UNSEEN=block under "$PWD/image" "${ask[@]}" >out || true
    has out refused
    # No policy at all: the hosts that everybody knows.
    ask[2]=api.openai.com
    under "$PWD/none" "${ask[@]}" >out || true
    has out refused
    ask[2]=other.test
    is "$(under "$PWD/none" "${ask[@]}")" answered
}

@test "a program that tries for ever is told of once" {
    shim "$PYTHON" "$CLIENTS/stray.py" "$PORT" 5 >out
    is "$(sort out | uniq -c | xargs)" "5 refused"
    is "$(grep -c 'connection to localhost refused' stderr)" 1
    is "$(grep -c '"event":"unseen"' "$AUDIT")" 5
}

# --- What is ours is not refused, whoever carries it.

@test "a guarded session, its hello carried in pieces, by a thread, a child" {
    local way
    for way in pieces=1000 pieces=44 pieces=5 thread fork; do
        echo "$way"
        shim timeout 60 "$PYTHON" "$CLIENTS/carried.py" "$way" "$PORT" "$CA" \
            hello.json >out
        has out "200 OK"
        hasnt stderr sallyport:
        rm "$AUDIT"
        shim timeout 60 "$PYTHON" "$CLIENTS/carried.py" "$way" "$PORT" "$CA" \
            forbidden.json >out
        has out SP-9001
        hasnt stderr sallyport:
        rm "$AUDIT"
    done
}

@test "a second hello, which the server asked for" {
    local port=$PORT dir=$SERVER_DIR
    server_start --curve secp384r1
    policy_write curve.yaml
    POLICY=$PWD/curve.yaml
    forget_wire
    shim timeout 60 "$PYTHON" "$CLIENTS/carried.py" thread "$PORT" "$CA" \
        hello.json >out
    has out "200 OK"
    shim timeout 60 curl -sS --cacert "$CA" --json @hello.json "$LLM$chat" >out
    has out "Hello from the test model"
    # A hidden one is refused at its first.
    hidden_shim fd localhost 127.0.0.1 >out || true
    has out refused
    PORT=$port SERVER_DIR=$dir
}

@test "a proxy that carries the TLS of others" {
    local door
    door=$(free_port)
    "$SALLYPORT" run --rules "$POLICY" --audit proxy.jsonl -- \
        socat "TCP-LISTEN:$door,fork,reuseaddr" "TCP:localhost:$PORT" \
        2>proxy.err 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$door"
    curl -sS --cacert "$CA" --json @hello.json \
        --connect-to "localhost:$PORT:127.0.0.1:$door" "$LLM$chat" >out
    has out "Hello from the test model"
    shim curl -sS --cacert "$CA" --json @forbidden.json \
        --connect-to "localhost:$PORT:127.0.0.1:$door" "$LLM$chat" >out
    has out SP-9001
    is "$(cat proxy.err)" ""
    [ ! -s proxy.jsonl ] || fail "something was noted"
}

@test "a program is not its own proxy" {
    cat >pair.py <<'END'
import socket, sys
sys.path.insert(0, sys.argv[1])
import stray
end, other = socket.socketpair()
try:
    end.sendall(stray.hello())
    print("sent")
except PermissionError:
    print("refused")
END
    is "$(shim "$PYTHON" -B pair.py "$CLIENTS")" refused
}

@test "bytes of a hello that go to no socket" {
    "$PYTHON" -c 'import sys
sys.stdout.buffer.write(open(sys.argv[1], "rb").read())' \
        "$ROOT/tests/fuzz/corpus/hello/nss" >hello
    shim sh -c 'cat hello >copy; cat hello | cat >copy2'
    cmp hello copy
    cmp hello copy2
    passed_is
}

@test "calls that bring no bytes, or none that can be read" {
    cat >odd.c <<'END'
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
int main(void)
{
    struct iovec none[] = {{NULL, 9}, {NULL, 0}};
    struct msghdr m = {.msg_iov = none + 1, .msg_iovlen = 1};
    int d[2], s[2], p[2];
    assert(!socketpair(AF_UNIX, SOCK_DGRAM, 0, d));
    assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, s) && !pipe(p));
    assert(send(d[0], "\x16\3\1\2\3\4", 6, 0) == 6);
    assert(recv(d[1], NULL, 0, MSG_PEEK | MSG_TRUNC) == 6);
    assert(recvmsg(d[1], &m, MSG_PEEK | MSG_TRUNC) == 6);
    assert(read(d[1], d, 0) == 0);
    assert(write(p[1], NULL, 9) == -1 && errno == EFAULT);
    assert(write(p[1], (void *)8, 4) == -1 && errno == EFAULT);
    assert(writev(p[1], none, 1) == -1 && errno == EFAULT);
    assert(writev(p[1], none + 1, 1) == 0 && writev(p[1], NULL, 0) == 0);
    assert(send(s[0], NULL, 9, MSG_NOSIGNAL) == -1 && errno == EFAULT);
    assert(sendmsg(s[0], NULL, 0) == -1 && errno == EFAULT);
    assert(sendmmsg(s[0], NULL, 3, 0) == -1 && errno == EFAULT);
    assert(sendmmsg(s[0], NULL, 0, 0) == 0);
    errno = 77;
    assert(write(p[1], "\x16\3\1\2\0\1", 6) == 6 && errno == 77);
    return 0;
}
END
    cc -D_GNU_SOURCE -w -o odd odd.c
    ./odd
    shim ./odd
}

# --- QUIC.

@test "QUIC Initial packets, by every call" {
    local call version
    for call in sendto send sendmsg write; do
        for version in 1 2; do
            is "$(shim "$PYTHON" "$CLIENTS/datagram.py" "$call" "$version" \
                localhost "$PORT")" EPERM
            is "$(audit_field -1 protocol) $(audit_field -1 action)" \
                "quic block"
            has stderr "connection to localhost refused: HTTP/3"
            rm "$AUDIT"
            is "$(shim "$PYTHON" "$CLIENTS/datagram.py" "$call" "$version" \
                127.0.0.2 "$PORT")" sent
            passed_is
        done
    done
    is "$(shim "$PYTHON" "$CLIENTS/datagram.py" send draft localhost \
        "$PORT")" sent # no version in use
}

@test "QUIC: the name in the packet, whatever the address" {
    is "$(shim "$PYTHON" "$CLIENTS/datagram.py" sendmsg 1 127.0.0.2 "$PORT" \
        "$ROOT/tests/fuzz/corpus/quic/ngtcp2")" EPERM
    has stderr "connection to localhost refused: HTTP/3"
    is "$(audit_field -1 server.address) $(audit_field -1 server.port)" \
        "localhost $PORT"
}

@test "QUIC: a hello in two packets" {
    local half=$ROOT/tests/fuzz/corpus/quic/half
    shim "$PYTHON" "$CLIENTS/datagram.py" sendto 1 127.0.0.2 "$PORT" \
        "$half-1" "$half-2" >out
    is "$(xargs <out)" "sent EPERM"
    has stderr "connection to localhost refused: HTTP/3"
    rm "$AUDIT"
    # Each alone tells nothing, and the address is no model host's.
    shim "$PYTHON" "$CLIENTS/datagram.py" sendto 1 127.0.0.2 "$PORT" \
        "$half-2" "$half-1" >out
    is "$(xargs <out)" "sent sent"
    passed_is
}

@test "QUIC: an address is a model host's where the program asked for it" {
    local name
    name=$(hostname)
    [[ $(getent ahostsv4 "$name") == 127.0.* ]] ||
        skip "this machine has no name of its own"
    sed "s/localhost:$PORT/$name:$PORT/" "$POLICY" >named.yaml
    POLICY=$PWD/named.yaml
    is "$(shim "$PYTHON" "$CLIENTS/datagram.py" sendto 1 "$name" "$PORT")" \
        EPERM
    is "$(audit_field -1 server.address)" "$name"
    rm "$AUDIT"
    # Another name at that address, which the packet tells.
    is "$(shim "$PYTHON" "$CLIENTS/datagram.py" sendto 1 "$name" "$PORT" \
        "$ROOT/tests/fuzz/corpus/quic/ngtcp2")" sent
    passed_is
    # The bare address, of which nothing is known.
    is "$(shim "$PYTHON" "$CLIENTS/datagram.py" sendto 1 \
        "$(getent ahostsv4 "$name" | awk '{ print $1; exit }')" "$PORT")" sent
    passed_is
}

@test "QUIC: a client and a server of HTTP/3" {
    command -v gtlsclient >/dev/null && [ -x /usr/sbin/gtlsserver ] ||
        skip "ngtcp2-client is not installed"
    local port i
    port=$(free_port)
    mkdir www
    echo index >www/index.html
    /usr/sbin/gtlsserver -q -d www 127.0.0.1 "$port" \
        "$BATS_FILE_TMPDIR/certs/key.pem" "$BATS_FILE_TMPDIR/certs/cert.pem" \
        >server.log 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local ask=(timeout 20 gtlsclient -q --exit-on-all-streams-close 127.0.0.1
        "$port" "https://localhost:$port/index.html")
    for ((i = 0; i < 50; i++)); do
        timeout 3 "${ask[@]}" >/dev/null 2>&1 && break
    done
    shim "${ask[@]}"
    passed_is
    sed "s/localhost:$PORT/localhost:$port/" "$POLICY" >quic.yaml
    POLICY=$PWD/quic.yaml shim "${ask[@]}" && fail "it was not refused"
    has stderr "refused: HTTP/3"
    is "$(audit_field -1 event) $(audit_field -1 protocol)" "unseen quic"
    is "$(grep -c unseen "$AUDIT")" 1
    is "$(audit_field -1 server.port)" "$port"
}

# A stack of HTTP/3 has a TLS library shake hands for it: told by its protocol.
@test "HTTP/3 by its handshake" {
    command -v gnutls-cli >/dev/null || skip "gnutls-cli is not installed"
    sed "s/localhost:$PORT/api.llm.test/" "$POLICY" >quic.yaml
    POLICY=$PWD/quic.yaml shim gnutls-cli --alpn h3 --x509cafile "$CA" \
        --sni-hostname api.llm.test -p "$PORT" 127.0.0.1 </dev/null >out 2>&1 &&
        fail "it was not refused"
    refused_is api.llm.test quic
    cat >h3.py <<'END'
import socket, ssl, sys
context = ssl.create_default_context()
context.set_alpn_protocols(sys.argv[2].split(","))
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
try:
    context.wrap_socket(sock, server_hostname="api.llm.test")
except ssl.SSLError as error:
    print(error)
END
    rm "$AUDIT"
    forget_wire
    POLICY=$PWD/quic.yaml shim "$PYTHON" h3.py "$PORT" h3 >out
    has out "HTTP/3 cannot be inspected"
    refused_is api.llm.test quic
    # A list for TCP is as ever: the certificate is what it stops at.
    forget_wire
    POLICY=$PWD/quic.yaml shim "$PYTHON" h3.py "$PORT" h3,h2,http/1.1 >out
    has out "certificate verify failed"
    hasnt stderr sallyport:
}

# --- Being told.

@test "doctor counts them" {
    "$SALLYPORT" run --rules "$POLICY" --audit "$AUDIT" -- \
        "$PYTHON" "$CLIENTS/stray.py" "$PORT" 2 60 >up 2>stderr 3>&- &
    local pid=$!
    until [ "$(grep -c . up)" = 2 ]; do sleep 0.05; done
    "$SALLYPORT" doctor --json --pid "$pid" >out || true
    kill "$pid"
    has out '"unseen":2'
}
