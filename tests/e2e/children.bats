#!/usr/bin/env bats
# Children stay guarded, however they are started and whatever their parent
# leaves of the environment; and what cannot be guarded follows the policy.

load ../lib/e2e

SHIM=$BUILD/libsallyport.so
PROG=$BUILD/tests/prog_exec

# With an environment of their own, and with the parent's, which is cleared.
GIVEN="execve execve-null execvpe execle fexecve fexecve-path execveat
    execveat-empty posix_spawn posix_spawnp"
OWN="execv execvp execl execlp system popen"

setup_file() {
    made B="$BUILD" helpers "$SHIM"
    server_start
    policy_write "$BATS_FILE_TMPDIR/policy.yaml"
    printf 'int main(void) { return 7; }\n' >"$BATS_FILE_TMPDIR/seven.c"
    cc -static -o "$BATS_FILE_TMPDIR/static" "$BATS_FILE_TMPDIR/seven.c"
    cc -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 \
        -o "$BATS_FILE_TMPDIR/musl" "$BATS_FILE_TMPDIR/seven.c"
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    STATIC=$BATS_FILE_TMPDIR/static
}

# under [NAME=VALUE...] FORM PROGRAM... - stdout to the file `out`.
under() {
    local set=()
    while [[ $1 == *=* && $1 != *+* ]]; do
        set+=("$1")
        shift
    done
    env LD_PRELOAD="$SHIM" SALLYPORT_POLICY=/policy SALLYPORT_AUDIT="$AUDIT" \
        "${set[@]}" "$PROG" "$@" >out 2>stderr
}

# whole - the child printed an environment with all of ours in it, once.
whole() {
    is "$(grep -c '^LD_PRELOAD=' out)" 1
    is "$(sed -n 's/^LD_PRELOAD=//p' out)" "${1:-$SHIM}"
    is "$(grep '^SALLYPORT_' out | sort | paste -sd ' ')" \
        "SALLYPORT_AUDIT=$AUDIT SALLYPORT_POLICY=/policy"
}

@test "every form, an empty environment" {
    for form in $GIVEN $OWN; do
        echo "form $form"
        under "$form" /usr/bin/env
        whole
        [ ! -s stderr ]
    done
    [ ! -e "$AUDIT" ]
}

@test "every form of exec in a vfork child, and on a small stack" {
    for form in $GIVEN $OWN; do
        case $form in posix_* | system | popen) continue ;; esac
        echo "form $form"
        under vfork "$form" /usr/bin/env
        whole
        under thread "$form" /usr/bin/env
        whole
    done
    under thread posix_spawn /usr/bin/env
    whole
}

@test "arguments arrive, and the status comes back" {
    for form in $GIVEN $OWN; do
        echo "form $form"
        status=0
        under "$form" /bin/sh -c 'echo a"$0"b; exit 3' || status=$?
        is "$status" 3
        case $form in
        execl | execlp | execle | *spawn* | exec*) has out "a/bin/shb" ;;
        esac
    done
}

@test "another preload stays where it is" {
    for form in execve posix_spawn system; do
        under "$form+LD_PRELOAD=libc.so.6:libm.so.6" /usr/bin/env
        whole "$SHIM:libc.so.6:libm.so.6"
        under "$form+LD_PRELOAD=libc.so.6 $SHIM libm.so.6" /usr/bin/env
        whole "libc.so.6 $SHIM libm.so.6"
        under "$form+LD_PRELOAD=" /usr/bin/env
        whole
    done
    # A copy at another place is us too; as it was written, it stays.
    cp "$SHIM" libsallyport.so
    under "execve+LD_PRELOAD=$PWD/libsallyport.so" /usr/bin/env
    whole "$PWD/libsallyport.so"
}

@test "another preload's own exec comes to be called" {
    cat >other.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

int execve(const char *path, char *const argv[], char *const envp[])
{
    int (*next)(const char *, char *const[], char *const[]) =
        (int (*)(const char *, char *const[], char *const[]))dlsym(
            RTLD_NEXT, "execve");

    (void)!write(2, "other\n", 6);
    return next(path, argv, envp);
}
END
    cc -shared -fPIC -o other.so other.c
    under LD_PRELOAD="$SHIM:$PWD/other.so" execve /usr/bin/env
    has stderr other
    is "$(sed -n 's/^LD_PRELOAD=//p' out)" "$SHIM"
    under LD_PRELOAD="$PWD/other.so:$SHIM" execve /usr/bin/env
    has stderr other
    is "$(sed -n 's/^LD_PRELOAD=//p' out)" "$SHIM"
}

@test "a variable that is there keeps its value, an empty one too" {
    under SALLYPORT_MODE=monitor "execve+SALLYPORT_MODE=" /usr/bin/env
    has out "SALLYPORT_MODE="
    hasnt out monitor
    under "execve+SALLYPORT_POLICY=/other" /usr/bin/env
    has out "SALLYPORT_POLICY=/other"
    is "$(grep -c '^SALLYPORT_POLICY' out)" 1
    under "execve+SALLYPORT_POLICYX=y" /usr/bin/env
    has out "SALLYPORT_POLICY=/policy"
}

@test "a value with quotes goes through a shell" {
    under SALLYPORT_HOSTS="a'b \$(date) \"c\" ;#" system /usr/bin/env
    has out "SALLYPORT_HOSTS=a'b \$(date) \"c\" ;#"
    under SALLYPORT_HOSTS="a'" popen /bin/echo "it is"
    is "$(cat out)" "it is"
}

@test "large environments, and one that is too large" {
    under fill-3000 execve /usr/bin/env
    whole
    under fill-3000 posix_spawn /usr/bin/env
    whole
    is "$(grep -c '^V' out)" 3000
    status=0
    under fill-5000 execve /usr/bin/env
    hasnt out LD_PRELOAD
    has "$AUDIT" "too large to repair"
    under SALLYPORT_UNCOVERED=refuse fill-5000 execve /usr/bin/env || status=$?
    is "$status" 120
    has out E2BIG
    status=0
    under SALLYPORT_UNCOVERED=refuse fill-5000 posix_spawn /usr/bin/env ||
        status=$?
    is "$status" 120
    has out E2BIG
}

@test "repair can be turned off; each loss is noted" {
    for form in execve posix_spawn system; do
        rm -f "$AUDIT"
        under SALLYPORT_CHILDREN=leave SALLYPORT_UNCOVERED=refuse \
            "$form" /usr/bin/env
        hasnt out LD_PRELOAD
        is "$(audit_field 0 event)" uncovered
        is "$(audit_field 0 action)" log
    done
}

@test "wordexp: what its commands run is noted, or refused" {
    under wordexp /bin/echo good
    is "$(cat out)" good
    is "$(audit_field 0 event)" uncovered
    status=0
    under SALLYPORT_UNCOVERED=refuse wordexp /bin/echo good || status=$?
    is "$status" 120
    has out EPERM
}

@test "exec's own errors are as without us" {
    printf 'no program\n' >text
    chmod 755 text
    printf '#!/nonexistent\n' >script
    chmod 755 script
    : >plain
    for form in $GIVEN $OWN; do
        for file in "$PWD/nowhere" "$PWD/text" "$PWD/script" "$PWD/plain" /; do
            status=0 bare=0
            "$PROG" "$form" "$file" >bare.out 2>bare.err || bare=$?
            under SALLYPORT_UNCOVERED=refuse "$form" "$file" || status=$?
            is "$form $file $status" "$form $file $bare"
            cmp bare.out out
        done
    done
}

@test "a static child is noted by default" {
    for form in $GIVEN $OWN; do
        echo "form $form"
        rm -f "$AUDIT"
        status=0
        under PATH="$BATS_FILE_TMPDIR:$PATH" "$form+PATH=$BATS_FILE_TMPDIR" \
            "$STATIC" || status=$?
        is "$status" 7
        [ ! -s stderr ]
        case $form in
        # Here it is the shell that starts it, and that is guarded.
        system | popen) is "$(audit_field 0 exe)" "$STATIC" ;;
        esac
        is "$(audit_field 0 event)" uncovered
        is "$(audit_field 0 action)" log
        is "$(audit_field 0 reason)" "it is statically linked"
    done
    # Without an audit file, on stderr.
    status=0
    under SALLYPORT_AUDIT= execve "$STATIC" || status=$?
    is "$status" 7
    has stderr "sallyport: $STATIC runs unguarded: it is statically linked"
}

@test "a static child is refused where the policy says so" {
    for form in $GIVEN execv execvp execl execlp; do
        echo "form $form"
        rm -f "$AUDIT"
        status=0
        under SALLYPORT_UNCOVERED=refuse "$form+PATH=$BATS_FILE_TMPDIR" \
            "$STATIC" || status=$?
        is "$status" 120
        is "$(cat out)" "failed: EPERM"
        has stderr "is refused: it is statically linked"
        is "$(wc -l <stderr)" 1
        is "$(audit_field 0 action)" block
    done
    status=0
    under SALLYPORT_UNCOVERED=refuse vfork execve "$STATIC" || status=$?
    is "$status" 120
    under SALLYPORT_UNCOVERED=refuse SALLYPORT_MODE=monitor execve "$STATIC" ||
        status=$?
    is "$status" 7
}

@test "the policy image says so too" {
    echo 'uncovered: refuse' | cat - "$POLICY" >strict.yaml
    "$SALLYPORT" compile strict.yaml -o strict.img
    "$SALLYPORT" compile "$POLICY" -o lax.img
    status=0
    under SALLYPORT_POLICY="$PWD/strict.img" execve "$STATIC" || status=$?
    is "$status" 120
    status=0
    under SALLYPORT_POLICY="$PWD/lax.img" execve "$STATIC" || status=$?
    is "$status" 7
    status=0
    under SALLYPORT_POLICY="$PWD/strict.img" SALLYPORT_UNCOVERED=log \
        execve "$STATIC" || status=$?
    is "$status" 7
    status=0
    "$SALLYPORT" run --rules strict.yaml --audit "$AUDIT" -- sh -c "$STATIC" \
        2>stderr || status=$?
    is "$status" 126
    has stderr "is refused: it is statically linked"
}

@test "setuid, setgid, another C library, a script of such a program" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    refused() { # FILE REASON
        status=0
        under SALLYPORT_UNCOVERED=refuse execve "$PWD/$1" || status=$?
        is "$1 $status" "$1 120"
        has stderr "$2"
    }
    printf '#!%s arg\n' "$STATIC" >script
    chmod 755 script
    refused script "it is statically linked"
    cp /usr/bin/env setuid
    chown nobody setuid
    chmod 4755 setuid
    refused setuid "it is set-user-ID"
    cp /usr/bin/env setgid
    chgrp nogroup setgid
    chmod 2755 setgid
    refused setgid "it is set-group-ID"
    # A user's own set-user-ID program gains nothing.
    cp /usr/bin/env own
    chmod 4755 own
    under SALLYPORT_UNCOVERED=refuse execve "$PWD/own"
    has out "LD_PRELOAD=$SHIM"
    cp "$BATS_FILE_TMPDIR/musl" musl
    refused musl "its C library is not glibc"
}

# Root has all of them already.
@test "file capabilities, for a user without them" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    command -v setcap >/dev/null || skip "no setcap"
    local open=/tmp/sallyport-caps.$$
    mkdir -m 755 "$open"
    cp /usr/bin/env "$PROG" "$SHIM" "$open"
    setcap cap_net_raw+ep "$open/env" 2>/dev/null || {
        rm -r "$open"
        skip "setcap is not allowed"
    }
    local as_nobody="import os; os.setgroups([]); os.setgid(65534)
os.setuid(65534)
os.execve('$open/prog_exec', ['prog_exec', 'execve', '$open/env'], {
    'LD_PRELOAD': '$open/libsallyport.so', 'SALLYPORT_UNCOVERED': 'refuse'})"
    status=0
    "$PYTHON" -c "$as_nobody" >out 2>nobody.err || status=$?
    under SALLYPORT_UNCOVERED=refuse execve "$open/env"
    rm -r "$open"
    is "$status" 120
    has nobody.err "it has file capabilities"
}

@test "programs that scrub: env -i, perl, Python, node, sh" {
    run_env() {
        "$SALLYPORT" run --rules "$POLICY" --audit "$AUDIT" "$@" \
            >out 2>stderr
        is "$(sed -n 's/^LD_PRELOAD=//p' out)" "$SHIM"
        has out SALLYPORT_POLICY=
        has out "SALLYPORT_AUDIT=$AUDIT"
    }
    run_env env -i /usr/bin/env
    run_env env -i /bin/sh -c 'exec env -i /usr/bin/env'
    run_env sh -c 'unset LD_PRELOAD; /usr/bin/env'
    run_env bash -c 'unset LD_PRELOAD SALLYPORT_POLICY; /usr/bin/env'
    run_env perl -e '%ENV = (); system "/usr/bin/env"'
    run_env perl -e '%ENV = (); system "/usr/bin/env", "-u", "X"'
    run_env perl -e '%ENV = (); exec "/usr/bin/env; true"'
    run_env perl -e '%ENV = (); print qx(/usr/bin/env)'
    run_env "$PYTHON" -c "import subprocess
subprocess.run(['/usr/bin/env'], env={})"
    run_env "$PYTHON" -c "import subprocess
print(subprocess.run('/usr/bin/env', env={}, shell=True, capture_output=True,
                     text=True).stdout)"
    run_env "$PYTHON" -c "import os
os.posix_spawn('/usr/bin/env', ['env'], {}); os.wait()"
    run_env "$PYTHON" -c "import os
os.environ.clear(); os.system('/usr/bin/env')"
    if command -v node >/dev/null; then
        run_env --allow-uncovered node -e 'require("child_process")
            .spawnSync("/usr/bin/env", [], {env: {}, stdio: "inherit"})'
    fi
}

@test "a child with an empty environment is blocked as its parent would be" {
    shim env -i curl -sS --cacert "$CA" -d @forbidden.json \
        -H 'Content-Type: application/json' "$LLM/v1/chat/completions" >out
    has out "Blocked by sallyport"
    wire >sent
    [ ! -s sent ]
    shim "$PYTHON" -c "import subprocess
subprocess.run(['/usr/bin/curl', '-sS', '--cacert', '$CA', '-d', '@secret.json',
    '-H', 'Content-Type: application/json', '$LLM/v1/chat/completions'], env={})
" >out
    wire >sent
    hasnt sent "$KEY_TAIL"
    has sent "$PLACEHOLDER"
    no_secret_of_ours
}
