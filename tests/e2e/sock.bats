#!/usr/bin/env bats
# The door of plain sockets by itself, with the toy engine: a program of our own
# that uses sockets in each way a program can.

load ../lib/e2e

TESTS=$BUILD/tests
SHIM=$BUILD/libsallyport.so

setup_file() {
    made B="$BUILD" helpers "$SHIM"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset "${!SALLYPORT_@}"
    TREE=$BUILD
    RUNTIME=
}

# sock CASE [HOSTS] - a case of prog_sock; PORT in HOSTS is the server's.
sock() {
    local port hosts
    port=$(free_port)
    hosts=${2:-localhost:PORT}
    SALLYPORT_HOSTS=${hosts/PORT/$port} SALLYPORT_POLICY=toy \
        SALLYPORT_ENGINE="$TREE/tests/so_toy_engine.so" \
        ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 \
        LD_PRELOAD="${LIST:-$RUNTIME $TREE/libsallyport.so}" \
        timeout 120 "$TREE/tests/prog_sock" "$1" "$port"
}

@test "every call that sends and every one that receives, byte by byte too" {
    sock forms
}

@test "IPv6" { sock six; }
@test "a block: woken, answered, a clean end, later writes swallowed" { sock block; }
@test "a thread that waits in a read is woken by another one's block" { sock wake; }
@test "a failure is EPERM on both sides, and nothing leaves" { sock fail; }
@test "a block in the middle of an answer" { sock cut; }
@test "what was held comes before the end, and before a reset" { sock tail; }
@test "peek shows what read brings; what is thrown away" { sock peek; }
@test "MSG_WAITALL" { sock waitall; }
@test "the socket's own timeout" { sock timeout; }
@test "what waits is seen by poll and select, to the last byte" { sock visible; }
@test "epoll, by level and by edge, until EAGAIN or a short read" { sock epoll; }
@test "what is held is not said to be there" { sock held; }
@test "a slow peer: counts and bytes, blocking or not" { sock slow; }
@test "other bytes than those that were not taken are refused" { sock changed; }
@test "a client that closes its side gets the rest" { sock half-close; }
@test "one thread sends, another receives" { sock threads; }
@test "signal handlers that use other descriptors" { sock signals; }
@test "a descriptor that is closed under a reader" { sock closed; }
@test "copies of a descriptor are one session" { sock dup; }
@test "a descriptor that was closed behind our back is not confused" { sock reuse; }
@test "fork: the child goes on with the session" { sock fork; }
@test "fork where no page can be left empty to the child" { sock sandbox; }
@test "vfork: what the child closes stays ours" { sock vfork; }
@test "connecting without waiting, again after a failure, and undone" { sock connect; }
@test "TCP fast open waits for the first request" { sock fast-open; }
@test "splice, stdio and urgent data are refused" { sock refused; }
@test "sendfile" { sock sendfile; }
@test "a server that speaks first" { sock greeting; }
@test "TLS on a declared port is left to its own door" { sock tls; }
@test "a connection that the engine lets go" { sock to-pass; }

@test "another port: not looked at, and no engine is loaded" {
    sock other localhost:82
}

@test "through a proxy: absolute form, tunnel, SOCKS, or a Host that is declared" {
    sock proxy llm.test:81
}

@test "a host without a port: any port, but for other protocols" {
    sock any-port localhost
}

@test "no list of hosts: the engine is asked" {
    local port
    port=$(free_port)
    LD_PRELOAD=$SHIM SALLYPORT_POLICY=toy timeout 60 env \
        SALLYPORT_ENGINE="$TESTS/so_toy_engine.so" \
        "$TESTS/prog_sock" block "$port"
}

@test "no engine: the declared host is answered 403, another port passes" {
    local port
    for port in "$(free_port)"; do
        LD_PRELOAD=$SHIM SALLYPORT_ENGINE=/nonexistent \
            SALLYPORT_HOSTS=localhost:$port "$PYTHON" - "$port" >out 2>err <<'END'
import http.client
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
c = http.client.HTTPConnection("localhost", int(sys.argv[1]))
c.request("POST", "/v1/chat/completions", b"{}")
print(c.getresponse().status)
c.close()
far = listener.accept()[0]
print(len(far.recv(100)))
END
        is "$(paste -sd ' ' <out)" "403 0"
        is "$(grep -c 'LLM hosts are blocked' err)" 1
    done
}

@test "the shim twice in the list; a constructor that connects before ours" {
    local list port
    cp "$SHIM" second.so
    for list in "$SHIM $SHIM" "$SHIM ./second.so" "./second.so $SHIM"; do
        for what in block forms dup to-pass; do
            LIST=$list sock "$what"
        done
    done
    port=$(free_port)
    for now in 0 1; do
        env SALLYPORT_HOSTS="localhost:$port" EARLY_PORT="$port" \
            SALLYPORT_POLICY=toy SALLYPORT_ENGINE="$TESTS/so_toy_engine.so" \
            LD_PRELOAD="$SHIM $TESTS/so_early.so" \
            $([ $now = 0 ] || echo LD_BIND_NOW=1) \
            timeout 60 "$TESTS/prog_sock" dup "$port"
    done
}

# sanitized VARIANT RUNTIME - all of it in a build of its own. The sanitizer's
# runtime must be first in a process.
sanitized() {
    TREE=$ROOT/build/${1/,/-}
    RUNTIME=$(readlink -f "$(gcc -print-file-name="$2")")
    made SANITIZE="$1" "${TREE#"$ROOT"/}/libsallyport.so" \
        "${TREE#"$ROOT"/}/tests/prog_sock" \
        "${TREE#"$ROOT"/}/tests/so_toy_engine.so"
    local what
    for what in forms six block wake fail cut tail peek waitall timeout \
        visible epoll held slow changed half-close threads signals closed dup reuse fork \
        sandbox vfork connect fast-open refused greeting sendfile tls to-pass; do
        sock "$what"
    done
    sock other localhost:82
    sock proxy llm.test:81
    sock any-port localhost
}

@test "every case under the address and undefined-behaviour sanitizers" {
    sanitized address,undefined libasan.so
}

@test "every case under the thread sanitizer" {
    sanitized thread libtsan.so
}
