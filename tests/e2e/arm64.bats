#!/usr/bin/env bats
# The shim on 64-bit ARM: compiled by a cross compiler and run by an emulator,
# with the toy engine, against Debian's OpenSSL of that processor. On such a
# processor itself the other files do the same.

load ../lib/e2e

TREE=$ROOT/build/arm64
TESTS=$TREE/tests
SYSTEM=$ROOT/build/arm64-root
LIBS=$SYSTEM/usr/lib/aarch64-linux-gnu

cross() { # TARGET...
    made B=build/arm64 CC=aarch64-linux-gnu-gcc WERROR=1 \
        CPPFLAGS="-I$SYSTEM/usr/include -I${LIBS/lib/include}" \
        LDFLAGS="-L$LIBS" "${@/#/build/arm64/}"
}

setup_file() {
    command -v aarch64-linux-gnu-gcc >/dev/null ||
        skip "gcc-aarch64-linux-gnu is not installed"
    command -v qemu-aarch64-static >/dev/null ||
        skip "qemu-user-static is not installed"
    [ -d "$LIBS" ] || skip "there is no OpenSSL in build/arm64-root"
    cross libsallyport.so tests/so_toy_engine.so tests/so_early.so \
        tests/prog_tls tests/prog_tls_inside tests/prog_many tests/prog_exec
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# arm PRELOAD PROGRAM...
arm() {
    local preload=$1
    shift
    timeout 120 qemu-aarch64-static -L /usr/aarch64-linux-gnu \
        -E LD_LIBRARY_PATH="$LIBS" -E LD_PRELOAD="$preload" \
        -E SALLYPORT_POLICY=toy \
        -E SALLYPORT_ENGINE="$TESTS/so_toy_engine.so" "$@"
}

every_case() { # PROGRAM
    local what
    for what in plain pass to-pass block fail cut tail peek pending clear \
        key-update "renegotiate 1.2" "renegotiated 1.2" bytes half-close early \
        alpn bio slow memory "memory 1.2" reuse unwoken fork objects; do
        echo "$what"
        # shellcheck disable=SC2086 # the case is words
        arm "$TREE/libsallyport.so" "$TESTS/$1" $what
    done
}

@test "arm64: every way through the OpenSSL door" {
    every_case prog_tls
}

@test "arm64: OpenSSL within the program, redirected" {
    every_case prog_tls_inside
}

@test "arm64: forks and signals" {
    arm "$TREE/libsallyport.so" "$TESTS/prog_many" fork-within
    arm "$TREE/libsallyport.so" "$TESTS/prog_many" signal
}

@test "arm64: hooks before the shim's constructor, and the shim twice" {
    arm "$TREE/libsallyport.so $TESTS/so_early.so" "$TESTS/prog_tls" block
    cp "$TREE/libsallyport.so" second.so
    arm "$TREE/libsallyport.so ./second.so" "$TESTS/prog_tls" block
}

@test "arm64: dlopen, dlmopen, dlsym and dlvsym" {
    cat >names.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    void *lib = dlopen("libssl.so.3", RTLD_NOW | RTLD_DEEPBIND);
    void *same = dlmopen(LM_ID_BASE, "libssl.so.3", RTLD_NOW);
    void *hook = dlsym(RTLD_DEFAULT, "SSL_write");
    const char *why;
    Dl_info info;

    if (!lib || lib != same || !hook || dlsym(lib, "SSL_write") != hook ||
        dlvsym(lib, "SSL_write", "OPENSSL_3.0.0") != hook)
        return 1;
    if (!dladdr(hook, &info) || !strstr(info.dli_fname, "libsallyport"))
        return 2;
    if (!dlsym(lib, "SSL_new") || dlsym(lib, "SSL_new") == hook)
        return 3;
    if (dlmopen(LM_ID_NEWLM, "libssl.so.3", RTLD_NOW))
        return 4;
    why = dlerror();
    return !why || !strstr(why, "refused by sallyport") ? 5 : 0;
}
END
    aarch64-linux-gnu-gcc -D_GNU_SOURCE -o names names.c
    SALLYPORT_UNCOVERED=refuse arm "$TREE/libsallyport.so" ./names
}

@test "arm64: what may be moved of a function's beginning" {
    aarch64-linux-gnu-gcc -D_GNU_SOURCE -std=c11 -static -I"$ROOT/shim" \
        -I"$ROOT/tests/lib" -o insn "$ROOT/tests/unit/hooks_insn.c" \
        "$ROOT/shim/hooks/insn_arm64.c"
    qemu-aarch64-static ./insn >said
    is "$(grep -c '^ok ' said)" 4
}
