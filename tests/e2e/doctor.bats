#!/usr/bin/env bats
# sallyport doctor: real programs and made ones, and what is said of them.

load ../lib/command

PYTHON=/usr/bin/python3

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset LD_LIBRARY_PATH LD_PRELOAD
    printf 'int main(void) { return 0; }\n' >main.c
}

# doctor STATUS ARG... - stdout to `out`, stderr to `err`.
doctor() {
    local want=$1

    shift
    expect "$want" "$SALLYPORT" doctor "$@"
}

need() {
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

# line NAME GRADE TEXT - there is such a line.
line() {
    grep -E "^$1 +$2 " out | grep -qF -e "$3" && return
    echo "no line '$1 $2 ... $3' in:"
    cat out
    return 1
}

verdict() {
    tail -n 1 out | grep -qE "^$1, because " && return
    tail -n 1 out
    return 1
}

# made NAME [OPTION...] - a program of main.c
made() {
    local name=$1

    shift
    gcc -o "$name" main.c "$@"
}

# --- Programs of Debian.

@test "OpenSSL through the dynamic linker is covered" {
    for name in nginx openssl; do
        command -v $name >/dev/null || continue
        doctor 0 $name
        line openssl covered "libssl.so"
        verdict covered
    done
}

@test "curl: OpenSSL by way of libcurl" {
    "$SALLYPORT" doctor curl >out || true
    line libcurl note libcurl.so.4
    line openssl covered "for libcurl.so.4"
}

@test "NSS by way of libcurl, whose own door guards it" {
    made nss -Wl,--no-as-needed -l:libcurl-nss.so.4 2>err ||
        skip "libcurl3-nss is not installed"
    doctor 0 ./nss
    line nss covered "is NSS, guarded through libcurl"
    made both -Wl,--no-as-needed -l:libcurl-nss.so.4 -l:libssl3.so
    doctor 1 ./both
    line nss "not covered" "is NSS, which is not interposed"
}

@test "interpreters: the modules that they load" {
    local name

    for name in "$PYTHON" php ruby perl; do
        command -v "$name" >/dev/null || continue
        "$SALLYPORT" doctor "$name" >out || true
        line openssl covered libssl.so
    done
    "$SALLYPORT" doctor "$PYTHON" >out || true
    line module note _ssl.cpython
}

@test "php: its curl extension, of its own version" {
    need php
    "$SALLYPORT" doctor php >out || true
    line libcurl note libcurl.so.4
    [ "$(grep -c '^module.*curl.so' out)" -eq 1 ]
}

@test "a program without TLS is covered" {
    doctor 0 true
    verdict covered
    line plain note "HTTP without TLS is guarded to declared hosts"
    doctor 0 /bin/sh
}

@test "git: the program it has for https" {
    need git
    "$SALLYPORT" doctor git >out || true
    line module note git-remote-https
}

@test "Java's TLS is its own" {
    need java
    doctor 2 java
    line java "not covered" "Java"
    line java "not covered" "its connections to model hosts are refused"
}

@test "a script is as its interpreter is" {
    printf '#!/bin/sh\ntrue\n' >s.sh
    printf '#!/usr/bin/env -S A=1 -u B python3 -u\n' >s.py
    printf '#!%s\n' "$PWD/s.sh" >again
    chmod +x s.sh s.py again
    doctor 0 ./s.sh
    line interpreter note /bin/sh
    PATH=/usr/bin:/bin doctor "$(status_of "$PYTHON")" ./s.py
    line interpreter note /usr/bin/python3
    line module note _ssl.cpython
    doctor 0 ./again
    line interpreter note /bin/sh
}

@test "a script that becomes another program is as that one is" {
    local -x PATH=$PWD:$PATH

    made plain
    made fixed -static
    wraps() { # NAME LINE...
        printf '%s\n' '#!/bin/sh' "${@:2}" >"$1"
        chmod +x "$1"
    }
    wraps good '# exec ./fixed' '[ -t 0 ] &&' '  exec "plain" -v "$@"'
    doctor 0 ./good
    line program note "$PWD/plain"
    verdict covered
    if grep -q '^started' out; then return 1; fi
    wraps bad "exec $PWD/fixed \"\$@\""
    doctor 2 ./bad
    line static "not covered" "$PWD/fixed"
    verdict "not covered"
    wraps outer 'exec 3>&1 2>/dev/null' "exec './bad'"
    doctor 2 ./outer
    line static "not covered" "$PWD/fixed"
    wraps loop 'exec ./loop' # itself
    doctor 0 ./loop
    line started covered "ask for each program"
    doctor 0 sh
    line started covered "ask for each program"
    for how in 'exec $REAL' 'exec "$HOME"/fixed' 'exec -a x ./fixed' \
        'exec env -i ./fixed' 'exec "./fix"ed' 'exec ./nowhere' './fixed'; do
        wraps untold "$how"
        doctor 0 ./untold
        line started covered "ask for each program"
        tail -n 1 out | grep -q 'what it starts is not told here'
    done
}

status_of() {
    local rc=0

    "$SALLYPORT" doctor "$1" >/dev/null 2>&1 || rc=$?
    echo $rc
}

# --- What keeps a preload out.

@test "static, setuid, setgid" {
    made fixed -static
    doctor 2 ./fixed
    line static "not covered" "use a build with shared libraries"
    verdict "not covered"
    made suid
    chmod u+s suid
    doctor 2 ./suid
    line setuid "not covered" "without the bit"
    made sgid
    chmod g+s sgid
    doctor 2 ./sgid
    line setgid "not covered" "without the bit"
}

@test "file capabilities" {
    need setcap
    made cap
    setcap cap_net_raw+p cap 2>err || skip "setcap: $(head -c 200 err)"
    doctor 2 ./cap
    line capabilities "not covered" "file capabilities"
}

@test "another C library, another processor" {
    made musl -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
    doctor 2 ./musl
    line musl "not covered" "musl"
    if command -v musl-gcc >/dev/null; then
        musl-gcc -o real-musl main.c
        doctor 2 ./real-musl
        line musl "not covered" "musl"
    fi
    made small
    printf '\1' | dd of=small bs=1 seek=4 conv=notrunc 2>/dev/null
    doctor 2 ./small
    line processor "not covered" "word size"
}

@test "cut files are damaged, never worse" {
    made whole
    for n in 4 17 63 64 500 100; do
        head -c $n whole >cut
        chmod +x cut
        doctor 2 ./cut
        line "damaged|static|processor" "not covered" ./cut
    done
    grep -q 'cannot be run: its ELF headers are damaged' out
    printf '#!\n' >cut
    doctor 2 ./cut
    line script "not covered" "its #! line names nothing"
    printf '#!%s/cut\n' "$PWD" >cut
    doctor 2 ./cut
    line script "not covered" "scripts without end"
    printf 'echo text\n' >cut
    doctor 2 ./cut
    line script "not covered" "is neither an ELF program nor a script"
    printf '#!/no/such/interpreter\n' >cut
    doctor 3 ./cut
}

# --- TLS within a program.

@test "a Go program" {
    cat >>main.c <<'END'
__attribute__((section(".go.buildinfo"))) int made_by_go = 1;
END
    made dynamic
    doctor 2 ./dynamic
    line go "not covered" Go
    made fixed -static
    doctor 2 ./fixed
    line go "not covered" Go
    line static "not covered" static
}

@test "a real Go program" {
    need docker
    doctor 2 docker
    line go "not covered" Go
}

@test "OpenSSL linked in: exported, for debuggers, by its texts" {
    cat >>main.c <<'END'
int SSL_write(void) { return 1; }
END
    made symbols
    doctor 2 ./symbols
    line openssl "not covered" "local symbols"
    cat >>main.c <<'END'
const char *label = "CLIENT_TRAFFIC_SECRET_0", *file = "../ssl/ssl_lib.c";
END
    made hidden -s
    doctor 2 ./hidden
    line openssl "not covered" 'the text "ssl/ssl_lib.c"'
    line openssl "not covered" "its connections to model hosts are refused"
}

@test "BoringSSL, Bun, rustls and others by their texts" {
    local text

    for text in "third_party/boringssl/x.cc=BoringSSL" "---- Bun! ----=Bun" \
        "rustls-0.23=rustls" "mbedtls_x=Mbed TLS" "nothing=a TLS library"; do
        printf 'const char *a = "CLIENT_TRAFFIC_SECRET_0", *b = "%s";\n' \
            "${text%=*}" | cat main.c - >text.c
        gcc -s -o text text.c
        doctor 2 ./text
        grep -qF "seems to have ${text#*=}" out
    done
}

@test "a module with a TLS of its own beside a shared one: partly" {
    printf 'const char *a = "CLIENT_TRAFFIC_SECRET_0 rustls";\n' >lib.c
    gcc -s -shared -fPIC -o libmine.so lib.c
    made both -Wl,--no-as-needed "$PWD/libmine.so" -l:libssl.so.3
    doctor 1 ./both
    line openssl covered libssl.so.3
    line tls "not covered" libmine.so
    verdict partly
}

@test "QUIC, io_uring, .NET, old OpenSSL" {
    local name grade rc

    printf 'int one;\n' >lib.c
    while read -r name grade rc; do
        gcc -shared -fPIC -Wl,-soname,$name -o $name lib.c
        made uses -Wl,--no-as-needed,-rpath,"$PWD" ./$name
        doctor $rc ./uses
        line "[a-z_0-9]*" "$grade.*" $name
    done <<'END'
libngtcp2.so.16 partly 1
liburing.so.2 note 0
libhostfxr.so partly 1
libssl.so.1.0.0 partly 1
libssl3.so not 2
libmbedtls.so.14 not 2
libjvm.so not 2
END
}

@test "what starts programs elsewhere" {
    printf '#!/bin/sh\n' >flatpak
    chmod +x flatpak
    doctor 1 ./flatpak
    line launcher partly "guard them there"
}

# --- The search of libraries, against the dynamic linker's own.

# libraries PROGRAM - what ld.so would map, by name, sorted.
listed() {
    LD_TRACE_LOADED_OBJECTS=1 "$1" | sed -n 's/^\t\([^ ]*\) => \/.*/\1/p'
}

@test "as many libraries as the dynamic linker maps" {
    local name path

    for name in curl nginx openssl "$PYTHON" wget gdb; do
        path=$(command -v "$name") || continue
        "$SALLYPORT" doctor --json "$path" >out || true
        listed "$path" >want
        "$PYTHON" - out "$(wc -l <want)" "$(grep -c '"module"' out)" <<'END'
import json
import sys

report = json.load(open(sys.argv[1]))
if int(sys.argv[3]) == 0:
    # and the dynamic linker itself
    assert report["counters"]["libraries"] - 1 == int(sys.argv[2]), report
END
    done
}

@test "RUNPATH with ORIGIN, RPATH inherited, LD_LIBRARY_PATH, missing" {
    mkdir -p bin lib
    printf 'const char *a = "CLIENT_TRAFFIC_SECRET_0 rustls";\n' >lib.c
    gcc -s -shared -fPIC -Wl,-soname,libdeep.so -o lib/libdeep.so lib.c
    printf 'int top;\n' >top.c
    gcc -shared -fPIC -Wl,-soname,libtop.so -o lib/libtop.so top.c \
        -Wl,--no-as-needed -Llib -ldeep
    local link="-Wl,--no-as-needed,-rpath-link,lib -Llib -ltop"

    # shellcheck disable=SC2086 # words on purpose
    made bin/run -Wl,--enable-new-dtags,-rpath,'$ORIGIN/../lib' $link
    doctor 0 bin/run
    line missing note libdeep.so
    # shellcheck disable=SC2086
    made bin/old -Wl,--disable-new-dtags,-rpath,'${ORIGIN}/../lib' $link
    doctor 2 bin/old
    line tls "not covered" libdeep.so
    # shellcheck disable=SC2086
    made bin/bare $link
    doctor 0 bin/bare
    line missing note libtop.so
    LD_LIBRARY_PATH=/nowhere:$PWD/lib doctor 2 bin/bare
    line tls "not covered" libdeep.so
    [ "$(grep -c '^missing' out)" -eq 0 ]
}

# --- The command.

@test "--json: one object of stable keys" {
    doctor 0 --json openssl
    "$PYTHON" - out <<'END'
import json
import sys

text = open(sys.argv[1]).read()
report = json.loads(text)
assert text.count("\n") == 1
assert list(report) == [
    "version", "target", "verdict", "because", "lines", "counters"]
assert report["version"] == 1
assert report["target"] == "openssl"
assert report["verdict"] == "covered"
assert report["because"][0].startswith("libssl.so")
for line in report["lines"]:
    assert list(line) == ["name", "grade", "about", "text"]
    assert line["grade"] in ("note", "covered", "partly", "not covered")
assert report["counters"]["libraries"] > 2
END
    made 'odd"name' -static
    doctor 2 --json './odd"name'
    "$PYTHON" -c 'import json; r = json.load(open("out"))
assert r["verdict"] == "not covered"
assert r["target"] == "./odd\"name"'
}

@test "a name cannot make lines of its own" {
    made $'a\nb\e' -static
    doctor 2 $'./a\nb\e'
    grep -qF 'a?b?' out
    [ "$(wc -l <out)" -eq 3 ]
}

@test "what cannot be told is status 3" {
    doctor 3
    doctor 3 --frob
    doctor 3 a b
    doctor 3 no-such-program-anywhere
    grep -q 'not found' err
    [ ! -s out ]
    printf 'text\n' >plain
    doctor 3 ./plain
    grep -q 'not executable' err
    doctor 3 /
    doctor 3 ''
}

@test "nothing of the program is run" {
    printf '#include <stdlib.h>\n%s\n%s\n' \
        '__attribute__((constructor)) static void c(void) { system("touch ran"); }' \
        'int main(void) { return 0; }' >main.c
    made starts
    doctor 0 ./starts
    [ ! -e ran ]
}
