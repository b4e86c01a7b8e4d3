#!/usr/bin/env bats
# The shim by itself, with the toy engine: programs of our own that go through
# each hook, in each way a program can come to it.

load ../lib/e2e

TESTS=$BUILD/tests
SHIM=$BUILD/libsallyport.so

setup_file() {
    made B="$BUILD" helpers "$SHIM"
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    # A second build of the shim: the same functions at another place.
    cp "$SHIM" second.so
}

# under PRELOAD PROGRAM... - run a program with these objects before it.
under() {
    local preload=$1
    shift
    timeout 120 env LD_PRELOAD="$preload" SALLYPORT_POLICY=toy \
        SALLYPORT_ENGINE="$TESTS/so_toy_engine.so" "$@"
}

# both CASE [PROGRAM] - a case of prog_tls under TLS 1.2 and TLS 1.3.
both() {
    under "$SHIM" "$TESTS/${2:-prog_tls}" "$1" 1.2
    under "$SHIM" "$TESTS/${2:-prog_tls}" "$1" 1.3
}

@test "a request is edited, the next one on the connection too" {
    both plain
}

@test "a host that is not watched gets its own bytes, and is counted" {
    both pass
}

@test "a connection that the engine lets go" {
    both to-pass
}

@test "a block: woken, answered, a clean end, later writes swallowed" {
    both block
}

@test "a failure puts the engine's text into the error queue" {
    both fail
}

@test "a block in the middle of an answer" {
    both cut
}

@test "what was held comes before the end, and the error of the end after it" {
    both tail
}

@test "peek shows what read brings" {
    both peek
}

@test "pending counts what is held ready" {
    both pending
}

@test "SSL_clear starts anew" {
    both clear
}

@test "KeyUpdate from both sides" {
    under "$SHIM" "$TESTS/prog_tls" key-update 1.3
}

@test "new handshakes on the connection, of the client's wish and the server's" {
    under "$SHIM" "$TESTS/prog_tls" renegotiate 1.2
    under "$SHIM" "$TESTS/prog_tls" renegotiated 1.2
}

@test "a byte at a time, in and out, on both sides" {
    both bytes
}

@test "a client that closes its side gets the rest" {
    both half-close
}

@test "early data and SSL_sendfile are refused" {
    both early
}

@test "h2 is dropped for watched hosts that have a choice, on context or object" {
    both alpn
}

@test "an SSL BIO" {
    both bio
}

@test "a slow peer, in the three write modes, with reads in between" {
    both slow
}

@test "memory BIOs: the application carries the bytes and is woken" {
    both memory
}

@test "a woken descriptor that was closed behind our back is not confused" {
    both reuse
}

@test "a session whose socket is unknown fails instead of hanging" {
    both unwoken
}

@test "fork while threads are in the hooks" {
    both fork
}

@test "1,000 sessions at once in 50 threads" {
    both sessions prog_many
}

@test "fork in the middle of a request: either side goes on" {
    both fork-within prog_many
}

@test "signal handlers that call hooks while hooks run" {
    both signal prog_many
}

@test "references and copies of TLS objects" {
    both objects
}

@test "hooks work before the shim's constructor, lazily and bound at once" {
    under "$SHIM $TESTS/so_early.so" "$TESTS/prog_tls" block
    under "$SHIM $TESTS/so_early.so" env LD_BIND_NOW=1 \
        "$TESTS/prog_tls" block
}

@test "the shim twice in the list, as one file and as two" {
    local list what
    for list in "$SHIM $SHIM" "$SHIM ./second.so" "./second.so $SHIM" \
        "$SHIM ./second.so $TESTS/so_early.so"; do
        for what in plain block bio memory; do
            under "$list" "$TESTS/prog_tls" "$what"
        done
    done
}

@test "a program that fetches each function by dlsym or dlvsym" {
    local how flags
    for how in dlsym dlvsym; do
        for flags in local deep; do
            under "$SHIM" "$TESTS/prog_dlsym" "$PORT" "$how" "$flags" \
                "this BLOCKME that" >out
            has out "403 Forbidden"
            under "$SHIM" "$TESTS/prog_dlsym" "$PORT" "$how" "$flags" \
                "an innocent LONGWORD" >out
            has out "200 OK"
            has out "an innocent a-much-longer-word"
        done
    done
}

# own LDFLAGS... - a program with a function of its own that is named as one of
# the library's, and is shown.
own() {
    cat >own.c <<'END'
#include <dlfcn.h>
#include <stddef.h>
/* Nothing like the library's. */
double SSL_write(double a, double b, double c);
double SSL_write(double a, double b, double c)
{
    return a + b + c;
}
typedef double fn(double, double, double);
int main(void)
{
    void *all = dlopen(NULL, RTLD_NOW);
    fn *one = NULL, *two = NULL;

    if (!all)
        return 1;
    *(void **)&one = dlsym(all, "SSL_write");
    *(void **)&two = dlsym(RTLD_DEFAULT, "SSL_write");
    if (one != two || one(1, 2, 3) != 6)
        return 2;
    /* what the shim binds within itself is its own all the same */
    all = dlopen("libssl.so.3", RTLD_NOW);
    *(void **)&two = all ? dlsym(all, "SSL_write") : NULL;
    return !two || two == one ? 3 : 0;
}
END
    gcc -rdynamic -o own own.c "$@"
    ./own
    under "$SHIM" ./own
    under "$SHIM" env LD_BIND_NOW=1 ./own
}

@test "libraries whose functions one program asks for by name are not mixed" {
    cat >mix.c <<'END'
#include <dlfcn.h>
#include <string.h>
#define GET(to, lib, name) (*(void **)&(to) = dlsym(lib, name))
static struct lib {
    void *file;
    void *(*make)(void *);
    int (*put)(void *, const void *, int), (*get)(void *, void *, int);
    int (*connect)(void *);
    void (*end)(void *);
} lib[2];
int main(void)
{
    lib[0].file = dlopen("./one.so", RTLD_NOW | RTLD_LOCAL);
    lib[1].file = dlopen("./two.so", RTLD_NOW | RTLD_LOCAL);
    for (int i = 0; i < 2; i++)
        if (!lib[i].file || !GET(lib[i].make, lib[i].file, "SSL_new") ||
            !GET(lib[i].put, lib[i].file, "SSL_write") ||
            !GET(lib[i].get, lib[i].file, "SSL_read") ||
            !GET(lib[i].connect, lib[i].file, "SSL_connect") ||
            !GET(lib[i].end, lib[i].file, "SSL_free"))
            return 1;
    for (int i = 0; i < 20; i++) {
        struct lib *l = &lib[i / 2 % 2];
        void *s = l->make(NULL);
        char text[3] = "";
        if (i % 2 && l->connect(s) != 1)
            return 2;
        if (l->put(s, "abc", 3) != 3)
            return 3;
        if (l->get(s, text, 3) != 3 || memcmp(text, "abc", 3) != 0)
            return 4;
        l->end(s);
    }
    return 0;
}
END
    gcc -o mix mix.c
    cp "$TESTS/so_toy_ssl.so" one.so
    cp "$TESTS/so_toy_ssl.so" two.so
    ./mix
    under "$SHIM" ./mix
}

@test "a program's own function of such a name stays its own" {
    own
    own -Wl,--no-as-needed -lssl -lcrypto
}

@test "dlopen with the caller's own \$ORIGIN, as without us" {
    mkdir found
    cp "$TESTS/prog_origin" .
    cp "$TESTS/so_early.so" found/libfound.so
    under "$SHIM" ./prog_origin
}

@test "no engine: listed hosts are answered 403, the rest passes, one line" {
    local url=https://localhost:$PORT
    SALLYPORT_HOSTS=a.test,localhost under "$SHIM" env \
        SALLYPORT_ENGINE=/nonexistent curl -sS -i --cacert "$CA" \
        -d hello "$url/echo" >out 2>stderr
    has out "HTTP/1.1 403"
    has out "x-should-retry: false"
    has out '"code":"policy_block"'
    is "$(grep -c 'LLM hosts are blocked' stderr)" 1
    is "$(wc -l <stderr)" 1
    under "$SHIM" env SALLYPORT_ENGINE=/nonexistent \
        curl -sS --cacert "$CA" -d hello "$url/echo" >out 2>stderr
    has out hello
}

@test "no engine or a broken policy: the list beside the image is refused too" {
    local policy=$PWD/broken.spi engine
    for engine in "$TESTS/so_toy_engine.so" /nonexistent; do
        for name in localhost "localhost:$PORT"; do
            printf 'a.test\n%s\nb.test\n' "$name" >"$policy.hosts"
            under "$SHIM" env SALLYPORT_POLICY="$policy" \
                SALLYPORT_ENGINE="$engine" "$PYTHON" - "$PORT" "$CA" >out <<'END'
import http.client
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[2])
for host in "localhost", "127.0.0.2":
    c = http.client.HTTPSConnection(host, int(sys.argv[1]), context=context)
    c.request("POST", "/echo", b"hello")
    print(c.getresponse().status)
END
            is "$(paste -sd ' ' <out)" "403 200"
        done
        echo localhost:1 >"$policy.hosts"
        under "$SHIM" env SALLYPORT_POLICY="$policy" \
            SALLYPORT_ENGINE="$engine" \
            curl -sS --cacert "$CA" -d hello "https://localhost:$PORT/echo" >out
        is "$(cat out)" hello
    done
}

# stderr_is HOW - a client without an engine, whose stderr is that when our one
# line comes: it lives, does not wait, and gets its answer.
stderr_is() {
    cat >client.py <<'END'
import http.client
import os
import signal
import socket
import ssl
import sys

port, ca, how = sys.argv[1:]
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
context = ssl.create_default_context(cafile=ca)
if how == "closed":
    os.close(2)
elif how == "other":
    os.dup2(os.open("other", os.O_WRONLY | os.O_CREAT), 2)
sock = socket.create_connection(("127.0.0.1", int(port)))
if how == "closed":
    assert sock.fileno() == 2
c = http.client.HTTPSConnection("localhost", int(port), context=context)
c.sock = context.wrap_socket(sock, server_hostname="localhost")
c.request("POST", "/echo", b"hello")
print(c.getresponse().status)
END
    cat >host.py <<'END'
import os
import socket
import subprocess
import sys

how = sys.argv[1]
if how == "socket":
    far, near = socket.socketpair()
    os.set_blocking(near.fileno(), False)
    far, near = far.detach(), near.detach()
else:
    far, near = os.pipe()
    os.set_blocking(near, False)
if how == "gone":
    os.close(far)
elif how in ("full", "socket"):
    try:
        while True:
            os.write(near, bytes(4096))
    except BlockingIOError:
        pass
os.set_blocking(near, True)
sys.exit(subprocess.run(sys.argv[2:], stderr=near, timeout=30).returncode)
END
    SALLYPORT_HOSTS=localhost "$PYTHON" host.py "$1" \
        env LD_PRELOAD="$SHIM" SALLYPORT_ENGINE=/nonexistent \
        "$PYTHON" client.py "$PORT" "$CA" "$1" >out
    is "$(cat out)" 403
}

@test "our one line never kills its host: stderr without a reader" {
    stderr_is gone
}

@test "our one line never waits: stderr a full pipe, a full socket" {
    stderr_is full
    stderr_is socket
}

@test "our one line goes to no file that became stderr later" {
    stderr_is closed
    stderr_is other
    is "$(cat other)" ""
}

@test "a broken policy is named, and blocks" {
    SALLYPORT_HOSTS=localhost under "$SHIM" env \
        SALLYPORT_POLICY=/tmp/broken.spi curl -sS --cacert "$CA" \
        "https://localhost:$PORT/echo" >out 2>stderr
    has out '"code":"policy_block"'
    has stderr "broken.spi: no image"
}

@test "a program that never does TLS does not load the engine" {
    under "$SHIM" grep -c so_toy_engine /proc/self/maps >out || true
    is "$(cat out)" 0
}

@test "loaded early: the same, twice in the list, over fork, and with no TLS" {
    local list what
    export SALLYPORT_LOAD=early
    for list in "$SHIM" "$SHIM $SHIM" "./second.so $SHIM" \
        "$SHIM $TESTS/so_early.so"; do
        for what in plain block memory fork; do
            under "$list" "$TESTS/prog_tls" "$what"
        done
        under "$list" env LD_BIND_NOW=1 "$TESTS/prog_tls" block
    done
    under "$SHIM" grep -c so_toy_engine /proc/self/maps >out
    [ "$(cat out)" -gt 0 ] || fail "not loaded"
    SALLYPORT_ENGINE=/nonexistent LD_PRELOAD=$SHIM /bin/true 2>stderr
    is "$(grep -c 'LLM hosts are blocked' stderr)" 1
}

# sanitized VARIANT RUNTIME - all of prog_tls and prog_many in a build of its
# own. The sanitizer's runtime must be first in a process.
sanitized() {
    local tree=$ROOT/build/${1/,/-} runtime what
    runtime=$(readlink -f "$(gcc -print-file-name="$2")")
    made SANITIZE="$1" "${tree#"$ROOT"/}/libsallyport.so" \
        "${tree#"$ROOT"/}/tests/prog_tls" \
        "${tree#"$ROOT"/}/tests/prog_many" \
        "${tree#"$ROOT"/}/tests/so_toy_engine.so"
    for what in plain pass to-pass block fail cut tail peek pending clear \
        key-update "renegotiate 1.2" "renegotiated 1.2" bytes half-close early \
        alpn bio slow memory reuse unwoken fork objects; do
        sanitized_one prog_tls "$what"
    done
    for what in sessions "sessions 1.2" fork-within signal; do
        sanitized_one prog_many "$what"
    done
}

sanitized_one() { # PROGRAM CASE
    # shellcheck disable=SC2086 # the case is words
    timeout 120 env LD_PRELOAD="$runtime $tree/libsallyport.so" \
        SALLYPORT_POLICY=toy ASAN_OPTIONS=detect_leaks=0 \
        SALLYPORT_ENGINE="$tree/tests/so_toy_engine.so" \
        "$tree/tests/$1" $2
}

@test "every case under the address and undefined-behaviour sanitizers" {
    sanitized address,undefined libasan.so
}

@test "every case under the thread sanitizer" {
    sanitized thread libtsan.so
}

@test "programs that carry a sanitizer start under the plain shim" {
    local compiler kind
    echo 'int main(void) { return 0; }' >program.c
    for compiler in gcc clang; do
        for kind in address thread; do
            command -v "$compiler" >/dev/null || continue
            "$compiler" -fsanitize="$kind" program.c -o program
            under "$SHIM" env ASAN_OPTIONS=verify_asan_link_order=0 ./program
        done
    done
}
