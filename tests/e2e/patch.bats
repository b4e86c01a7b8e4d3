#!/usr/bin/env bats
# Programs that have the whole of OpenSSL within them and show it, as official
# Node does: their functions are replaced at the program's start, or nothing is
# touched. The client programs themselves are in the matrix.

load ../lib/e2e

TESTS=$BUILD/tests
SHIM=$BUILD/libsallyport.so

setup_file() {
    make -C "$ROOT" B="$BUILD" all helpers >&2
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    [[ $(uname -m) =~ ^(x86_64|aarch64)$ ]] || skip "another processor"
}

x86_only() {
    [ "$(uname -m)" = x86_64 ] || skip "another processor"
}

# under PROGRAM... - with the toy engine.
under() {
    timeout 120 env LD_PRELOAD="$SHIM" SALLYPORT_POLICY=toy \
        SALLYPORT_ENGINE="$TESTS/so_toy_engine.so" "$@"
}

@test "every way through the OpenSSL door" {
    local what version
    for what in plain pass to-pass block fail cut tail peek pending clear \
        bytes half-close early alpn bio slow memory reuse unwoken fork objects; do
        for version in 1.2 1.3; do
            echo "$what $version"
            under "$TESTS/prog_tls_inside" "$what" "$version"
        done
    done
    under "$TESTS/prog_tls_inside" key-update 1.3
    under "$TESTS/prog_tls_inside" renegotiate 1.2
    under "$TESTS/prog_tls_inside" renegotiated 1.2
}

@test "the lengths of instructions are those that objdump sees" {
    x86_only
    local file
    for file in /usr/lib/x86_64-linux-gnu/libssl.so.3 \
        "$TESTS/prog_tls_inside" "$SALLYPORT"; do
        [ -e "$file" ] || continue
        objdump -d --no-show-raw-insn -j .text "$file" >/dev/null
        objdump -d --insn-width=15 -j .text "$file" >code
        "$TESTS/prog_insn" <code >said || {
            head -n 5 said
            return 1
        }
        read -r known all < <(tail -n 1 said)
        [ "$known" -gt $((all / 2)) ]
    done
}

@test "where memory may not become code, nothing is touched" {
    under "$TESTS/prog_nowx" true
    # The sessions are not seen, and the program runs as without us.
    local status=0
    under "$TESTS/prog_nowx" "$TESTS/prog_tls_inside" pass 2>err || status=$?
    is "$status" 1
    has err "not so: marker()->guarded == 0 && marker()->passed == 2"
}

@test "it can be turned off" {
    local status=0
    under env SALLYPORT_PATCH=off "$TESTS/prog_tls_inside" pass 2>err ||
        status=$?
    is "$status" 1
    has err "not so"
}

@test "a program with a function of that name but no library is left alone" {
    cat >own.c <<'END'
#include <stdio.h>
#include <string.h>
__attribute__((noinline)) int SSL_write(void *ssl, const void *p, int n)
{
    (void)ssl;
    printf("%.*s\n", n, (const char *)p);
    return n;
}
int main(void)
{
    static const unsigned char jump = 0xe9;
    int (*volatile fn)(void *, const void *, int) = SSL_write;
    return fn(NULL, "own", 3) != 3 || !memcmp((const void *)fn, &jump, 1);
}
END
    cc -O1 -rdynamic -o own own.c
    is "$(under ./own)" own
}

@test "a function that is too short to be replaced: all are left alone" {
    x86_only
    cat >short.c <<'END'
#include <stdio.h>
int SSL_pending(const void *s);
__asm__(".globl SSL_pending\n.type SSL_pending,@function\n"
        "SSL_pending: xor %eax,%eax; ret\n.size SSL_pending,.-SSL_pending\n");
#define FN(name) int name(void); \
    __attribute__((noinline)) int name(void) { puts(#name); return 7; }
FN(SSL_write) FN(SSL_read) FN(SSL_peek) FN(SSL_new) FN(SSL_CTX_new)
FN(TLS_client_method) FN(BIO_new) FN(OPENSSL_init_crypto)
int main(void)
{
    int (*volatile fn)(void) = SSL_write;
    return fn() + SSL_pending(NULL);
}
END
    cc -O1 -rdynamic -o short short.c
    local status=0
    under ./short >out || status=$?
    is "$status" 7
    is "$(cat out)" SSL_write
}

@test "a program that could not be redirected: the audit and doctor say so" {
    local how pid
    cat >within.c <<'END'
#include <stdio.h>
#include <unistd.h>
#define FN(name) int name(void); \
    __attribute__((noinline)) int name(void) { puts(#name); return 7; }
FN(SSL_write) FN(SSL_read) FN(SSL_peek) FN(SSL_pending) FN(SSL_new)
FN(SSL_CTX_new) FN(TLS_client_method) FN(BIO_new) FN(OPENSSL_init_crypto)
int main(void)
{
    printf("%d\n", (int)getpid());
    fflush(stdout);
    return (int)sleep(60);
}
END
    cc -O1 -rdynamic -o within within.c
    for how in redirected "$TESTS/prog_nowx" off; do
        rm -f "$AUDIT" up
        set -- env SALLYPORT_AUDIT="$AUDIT"
        [ "$how" != off ] || set -- "$@" SALLYPORT_PATCH=off
        [[ $how != /* ]] || set -- "$@" "$how"
        under "$@" ./within >up 2>err &
        echo $! >>"$BATS_FILE_TMPDIR/servers"
        until [ -s up ]; do sleep 0.05; done
        read -r pid <up
        "$SALLYPORT" doctor --pid "$pid" >out || true
        kill "$pid"
        if [ "$how" = redirected ]; then
            has out "leads to us"
            [ ! -e "$AUDIT" ]
            continue
        fi
        has out "could not be redirected, or was not to be"
        is "$(sed -n '$s/,.*//p' out)" "not covered"
        [ "$how" != off ] || continue
        is "$(audit_field 0 event)" uncovered
        is "$(audit_field 0 exe)" "$PWD/within"
        has "$AUDIT" "cannot be redirected"
    done
}

@test "doctor tells that calls are redirected, of a process too" {
    "$SALLYPORT" doctor "$TESTS/prog_tls_inside" >out
    has out "redirected at its start"
    command -v node >/dev/null || return 0
    nm -D --defined-only "$(command -v node)" | grep -q ' SSL_write$' ||
        return 0
    "$SALLYPORT" run --rules "$POLICY" -- \
        node -e 'console.log(1); setTimeout(() => 0, 60000)' >up &
    local pid=$!
    until [ -s up ]; do sleep 0.05; done
    "$SALLYPORT" doctor --pid "$pid" >out || true
    kill "$pid"
    cat out
    has out "leads to us"
    hasnt out "not covered"
}
