#!/usr/bin/env bats
# sallyport doctor --pid: what is said of a running process.

load ../lib/e2e.bash

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    : >started
}

# A process of a test ends with it.
teardown() {
    local pid

    while read -r pid; do
        kill "$pid" 2>/dev/null || true
    done <started
}

# start PROGRAM... - in the background, with fifo `hold` to wait on; returns
# when it has said "ready". Sets PID.
start() {
    rm -f said
    "$@" >said 2>stderr 3>&- &
    PID=$!
    echo "$PID" >>started
    local i
    for ((i = 0; i < 400; i++)); do
        grep -q ready said && return
        sleep 0.05
    done
    fail "it did not start: $*"
}

guarded() {
    start "$SALLYPORT" run --rules "$POLICY" --audit "$AUDIT" -- "$@"
}

# doctor STATUS ARG...
doctor() {
    local want=$1 got=0

    shift
    "$SALLYPORT" doctor "$@" >out 2>err || got=$?
    [ "$got" -eq "$want" ] || fail "status $got: $(cat out err)"
}

line() {
    grep -E "^$1 +$2 " out | grep -qF -e "$3" ||
        fail "no line '$1 $2 ... $3' in: $(cat out)"
}

count() {
    is "$(sed -n "s/^$1 *count *//p" out)" "$2"
}

SLEEPER='import time; print("ready", flush=True); time.sleep(600)'

@test "a guarded Python: hooks, policy, engine, sessions" {
    cat >client.py <<END
import ssl, sys, time, urllib.request
context = ssl.create_default_context(cafile="$CA")
def ask(body):
    request = urllib.request.Request("$LLM/v1/chat/completions",
        open(body, "rb").read(), {"content-type": "application/json"})
    try:
        return urllib.request.urlopen(request, context=context).read()
    except urllib.error.HTTPError as e:
        return e.read()
if sys.argv[1] == "ask":
    ask("hello.json")
    ask("forbidden.json")
print("ready", flush=True)
time.sleep(600)
END
    guarded "$PYTHON" client.py idle
    doctor 0 --pid "$PID"
    line shim note libsallyport.so
    line policy note .image
    line engine note "at the first session"
    line openssl covered libssl.so
    count past 0
    count guarded 0
    guarded "$PYTHON" client.py ask
    doctor 0 --pid "$PID"
    line engine note "is loaded"
    count guarded 2
    count blocked 1
    count past 0
    no_secret_of_ours
}

@test "the same process without the shim" {
    start "$PYTHON" -c "import ssl; $SLEEPER"
    doctor 2 --pid "$PID"
    line shim "not covered" "start it by 'sallyport run'"
    start env LD_PRELOAD=/no/such/libsallyport.so "$PYTHON" -c "$SLEEPER"
    doctor 2 --pid "$PID"
    line shim "not covered" "though LD_PRELOAD is set"
}

@test "a static process: why nothing is in it" {
    printf '%s\n' '#include <stdio.h>' '#include <unistd.h>' \
        'int main(void) { puts("ready"); fflush(stdout); sleep(600); }' >s.c
    gcc -static -o fixed s.c
    start ./fixed
    doctor 2 --pid "$PID"
    line static "not covered" "statically linked"
}

@test "objects opened with RTLD_DEEPBIND go past the hooks" {
    need php-curl
    guarded php -r 'curl_init(); echo "ready\n"; sleep(600);'
    "$SALLYPORT" doctor --pid "$PID" >out || true
    count past 0
    export SALLYPORT_DEEPBIND=keep
    guarded php -r 'curl_init(); echo "ready\n"; sleep(600);'
    doctor 1 --pid "$PID"
    line past "not covered" libcurl.so.4
    line past "not covered" "of libssl.so.3"
    line past partly "libc past us"
}

@test "a namespace of its own" {
    printf '%s\n' '#include <dlfcn.h>' '#include <stdio.h>' \
        '#include <unistd.h>' 'int main(void) {' \
        'if (dlmopen(LM_ID_NEWLM, "libssl.so.3", RTLD_NOW)) puts("ready");' \
        'fflush(stdout); sleep(600); }' >ns.c
    gcc -D_GNU_SOURCE -o ns ns.c
    guarded ./ns
    doctor 2 --pid "$PID"
    line namespace "not covered" libssl.so.3
}

@test "children: one that the preload reached, one that it did not" {
    cat >children.py <<'END'
import ctypes, os, subprocess, sys, time
args = ["/bin/sh", "-c", "echo ready; read x"]
if sys.argv[1] == "lost":
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(read, 0)
        libc = ctypes.CDLL(None)
        argv = (ctypes.c_char_p * 4)(*[a.encode() for a in args], None)
        envp = (ctypes.c_char_p * 1)(None)
        libc.syscall(ctypes.c_long(int(sys.argv[2])), argv[0], argv, envp)
        os._exit(1)
else:
    subprocess.Popen(args, stdin=subprocess.PIPE)
time.sleep(600)
END
    guarded "$PYTHON" children.py kept
    doctor 0 --pid "$PID"
    count children 1
    count unguarded_children 0
    case $(uname -m) in
    x86_64) execve=59 ;;
    *) execve=221 ;;
    esac
    guarded "$PYTHON" children.py lost $execve
    doctor 1 --pid "$PID"
    line child partly "(sh), started by it, runs without the shim"
    count unguarded_children 1
}

@test "a policy that cannot be used" {
    echo nothing >bad.img
    start env LD_PRELOAD="$BUILD/libsallyport.so" SALLYPORT_LOAD=early \
        SALLYPORT_POLICY="$PWD/bad.img" "$PYTHON" -c "$SLEEPER"
    doctor 1 --pid "$PID"
    line engine partly "model hosts are blocked"
    line policy note "$PWD/bad.img"
    start env LD_PRELOAD="$BUILD/libsallyport.so" "$PYTHON" -c "$SLEEPER"
    doctor 1 --pid "$PID"
    line policy partly "there is no policy"
}

@test "a shim that has been replaced since" {
    cp "$BUILD/libsallyport.so" "$BUILD/libsallyport-engine.so" .
    touch none.img
    start env LD_PRELOAD="$PWD/libsallyport.so" \
        SALLYPORT_POLICY="$PWD/none.img" "$PYTHON" -c "import ssl; $SLEEPER"
    doctor 0 --pid "$PID"
    cp libsallyport.so other && rm libsallyport.so && mv other libsallyport.so
    doctor 0 --pid "$PID"
    line shim note "restart the process"
    line openssl covered libssl.so
    strip -o stripped "$BUILD/libsallyport.so"
    mkdir own && cp libsallyport-engine.so own/ && mv stripped own/libsallyport.so
    start env LD_PRELOAD="$PWD/own/libsallyport.so" \
        SALLYPORT_POLICY="$PWD/none.img" "$PYTHON" -c "$SLEEPER"
    doctor 0 --pid "$PID"
    line shim note "another version"
}

@test "two copies: the one at work is looked at" {
    mkdir second
    touch p.img
    cp "$BUILD/libsallyport.so" second/
    start env LD_PRELOAD="$BUILD/libsallyport.so:$PWD/second/libsallyport.so" \
        SALLYPORT_POLICY="$PWD/p.img" "$PYTHON" -c "import ssl; $SLEEPER"
    doctor 0 --pid "$PID"
    line shim note "$BUILD/libsallyport.so"
    line policy note "$PWD/p.img"
    count past 0
}

@test "an engine or a policy that is not in reach any more" {
    start env LD_PRELOAD="$BUILD/libsallyport.so" \
        SALLYPORT_POLICY=gone.img "$PYTHON" -c "$SLEEPER"
    doctor 1 --pid "$PID"
    line policy partly "not in its reach"
    touch gone.img
    doctor 0 --pid "$PID"
    [ "$(id -u)" -eq 0 ] || skip "not root"
    guarded "$PYTHON" -c "import os; os.chroot('$PWD'); $SLEEPER"
    doctor 1 --pid "$PID"
    line engine partly "SALLYPORT_LOAD=early"
    export SALLYPORT_LOAD=early
    guarded "$PYTHON" -c "import os; os.chroot('$PWD'); $SLEEPER"
    doctor 0 --pid "$PID"
    line engine note "is loaded"
}

@test "filtered system calls" {
    cat >f.c <<'END'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(void)
{
    struct sock_filter all = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog prog = {1, &all};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0)
        puts("ready");
    fflush(stdout);
    sleep(600);
}
END
    gcc -o filtered f.c
    guarded ./filtered
    doctor 1 --pid "$PID"
    line seccomp partly "SALLYPORT_LOAD=early"
}

@test "two versions of OpenSSL" {
    cp "$("$PYTHON" -c 'import _ssl
print([l.split()[-1] for l in open("/proc/self/maps") if "libssl" in l][0])')" \
        libssl.so.1.1
    guarded "$PYTHON" -c "import ssl, ctypes
ctypes.CDLL('$PWD/libssl.so.1.1'); $SLEEPER"
    doctor 0 --pid "$PID"
    line versions note "2 libraries of OpenSSL"
}

@test "--json of a process" {
    guarded "$PYTHON" -c "import ssl; $SLEEPER"
    doctor 0 --json --pid "$PID"
    "$PYTHON" - out "$PID" <<'END'
import json
import sys

report = json.load(open(sys.argv[1]))
assert report["target"] == sys.argv[2]
assert report["verdict"] == "covered"
names = {line["name"] for line in report["lines"]}
assert {"process", "shim", "policy", "engine", "hooks", "openssl"} <= names
for key in ("guarded", "passed", "handshakes", "blocked", "failed", "unwoken",
            "hooked", "lazy", "past", "children", "unguarded_children"):
    assert isinstance(report["counters"][key], int), key
END
}

@test "no such process, no process, no right" {
    doctor 3 --pid 0
    doctor 3 --pid -1
    doctor 3 --pid 12x
    doctor 3 --pid 99999999999
    grep -q 'no process number' err
    doctor 3 --pid 2147483647
    grep -q 'there is none' err
    doctor 3 --pid 1 curl
    [ "$(id -u)" -eq 0 ] || skip "not root"
    command -v setpriv >/dev/null || skip "no setpriv"
    start "$PYTHON" -c "$SLEEPER"
    cp "$SALLYPORT" "$BATS_TEST_TMPDIR/asks"
    chmod 755 asks
    local rc=0
    setpriv --reuid 65534 --clear-groups ./asks doctor --pid "$PID" \
        >out 2>err || rc=$?
    [ "$rc" -eq 3 ] || skip "the copy cannot be run: $(head -c 200 err)"
    grep -q 'ermi' err
}
