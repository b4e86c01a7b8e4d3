#!/usr/bin/env bats
# The libcurl door. prog_curl uses the libcurl it is told to: with NSS, whose
# TLS no other door sees, or with OpenSSL and GnuTLS, whose doors judge; then
# real programs with the latter two.

load ../lib/e2e

setup_file() {
    made B="$BUILD" helpers
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    URL=$LLM/v1/chat/completions
    {
        printf '{"messages":[{"role":"user","content":"%s ' "$KEY"
        head -c 3000000 /dev/zero | tr '\0' a
        printf '"}]}'
    } >large.json
}

NSS=libcurl-nss.so.4
OPENSSL=libcurl.so.4
GNUTLS=libcurl-gnutls.so.4

# with LIBRARY URL WORD... - to the file `out`.
with() {
    local status=0
    shim timeout 60 "$BUILD/tests/prog_curl" "$1" "$CA" "${@:2}" >out ||
        status=$?
    [ "$status" -ne 77 ] || skip "$1 is not installed"
    [ "$status" -eq 0 ] || fail "exit $status: $(head -c 1000 out)"
}

nss() {
    with "$NSS" "$URL" "$@"
}

# codes - what the transfers ended with: result and HTTP code of each.
codes() {
    sed -n 's/^DONE \([0-9]* [0-9]*\) .*/\1/p' out | paste -sd ,
}

audited() {
    [ -e "$AUDIT" ] || : >"$AUDIT"
    wc -l <"$AUDIT"
}

# What was sent has the secret redacted, and nothing that is forbidden.
clean_wire() {
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
}

# --- TLS that no door sees.

@test "NSS: it is what the test says" {
    nss version
    has out 'TLS NSS/'
}

@test "NSS: passes, redacts and blocks, in easy, multi and socket by socket" {
    local way
    for way in easy multi sockets; do
        rm -f "$AUDIT"
        forget_wire
        nss post=hello.json $way post=secret.json $way post=forbidden.json $way \
            post=hello.json $way
        is "$(codes)" "0 200,0 200,0 403,0 200"
        is "$(grep -c 'Hello from' out)" 3
        has out policy_block
        clean_wire
        is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 1
        is "$(audited)" 4
        is "$(audit_field 2 door)" curl
        is "$(audit_field 2 action)" block
        is "$(audit_field 1 server.address)" localhost
    done
    no_secret_of_ours
}

@test "NSS: the request is what libcurl would have said itself" {
    local words=(field=X-Empty\; field=X-One:\ 1 'field=x-two:  2 ' gzip
        post=hello.json easy get easy method=DELETE easy)
    "$BUILD/tests/prog_curl" "$NSS" "$CA" "$URL" "${words[@]}" >bare || true
    wire >wanted
    [ -s wanted ] || skip "$NSS is not installed"
    forget_wire
    nss "${words[@]}"
    # What the engine does not decode is not asked for.
    wire | sed 's/\(ng: deflate, gzip\)\r/\1, br, zstd\r/' >sent
    diff -a wanted sent
    diff bare out
}

@test "NSS: every way to give a body" {
    nss copy=secret.json easy post=large.json easy sockets \
        read-sized=secret.json easy read=secret.json multi reset \
        read=large.json multi
    is "$(codes)" "0 200,0 200,0 200,0 200,0 200,0 200"
    clean_wire
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 6
    forget_wire
    nss copy=forbidden.json easy read-sized=forbidden.json sockets \
        read=forbidden.json multi reset "form=a forbidden-plum" easy
    is "$(codes)" "0 403,0 403,0 403,0 403"
    is "$(wire | wc -c)" 0
}

@test "NSS: after duphandle, reset and another URL" {
    nss post=forbidden.json dup easy dup multi
    is "$(codes)" "0 403,0 403"
    nss post=forbidden.json easy reset post=secret.json easy dup sockets
    is "$(codes)" "0 403,0 200,0 200"
    clean_wire
    with "$NSS" "$PLAIN/get" get easy "url=$URL" post=forbidden.json easy \
        "url=$PLAIN/echo" easy
    is "$(codes)" "0 200,0 403,0 200"
    nss "url=http://localhost:1/" "curlu=$URL" post=forbidden.json easy where
    is "$(codes)" "0 403"
    has out "WHERE http://localhost:1/"
}

@test "NSS: twelve transfers in one multi handle" {
    nss post=secret.json parallel=12 post=forbidden.json parallel=12
    is "$(grep -c '^DONE 0 200' out)" 12
    is "$(grep -c '^DONE 0 403' out)" 12
    clean_wire
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 12
    is "$(audited)" 24
    # Few connections at once, which ours are not counted among.
    forget_wire
    nss limit=1 post=secret.json parallel=4 multi limit=3 parallel=9
    is "$(grep -c '^DONE 0 200' out)" 14
    is "$(grep -oF "$PLACEHOLDER" <(wire) | wc -l)" 14
}

@test "NSS: in threads, and after a fork" {
    nss post=secret.json threads=8 post=forbidden.json threads=8
    clean_wire
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 40
    is "$(audited)" 80
    nss post=secret.json fork easy post=forbidden.json fork
    is "$(codes)" "0 200,0 200,0 200,0 403,0 403"
    clean_wire
}

@test "NSS: who else calls at the local socket is sent away" {
    nss post=hello.json intruder
    is "$(codes)" "0 200"
    wire >sent
    hasnt sent evil
    is "$(audited)" 1
}

@test "NSS: streams, in every framing, paused by the program or left" {
    local te
    for te in chunked close; do
        with "$NSS" "$URL?say=key&te=$te&delta=2" post=stream.json pause multi
        hasnt out "$KEY_TAIL"
        is "$(said out)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
    done
    with "$NSS" "$URL?say=forbidden" post=stream.json sockets
    hasnt out PLUM
    has out SP-9002
    with "$NSS" "$URL?say=forbidden" post=hello.json easy
    is "$(codes)" "0 403"
    nss post=secret.json abandon multi easy
    is "$(codes)" "0 200,0 200"
    clean_wire
}

@test "NSS: an answer is let through as it comes" {
    local start end
    with "$NSS" "$URL?wait=200" post=stream.json easy
    is "$(said out)" "Hello from the test model: all über 😀 fine."
    with "$NSS" "$LLM/big?n=4000000" get easy "url=$LLM/big?n=4000000" pause \
        multi
    is "$(codes)" "0 200,0 200"
    [ "$(wc -c <out)" -gt 8000000 ] || fail "$(wc -c <out) bytes"
    with "$NSS" "$LLM/status/204" get easy "url=$LLM/get" head easy
    is "$(codes)" "0 204,0 200"
}

@test "NSS: what goes wrong is told as libcurl tells it" {
    local port
    port=$(free_port)
    "$BUILD/tests/prog_curl" "$NSS" "$CA" "$URL" proxy=http://127.0.0.1:1 \
        post=hello.json easy easy >wanted || true
    nss proxy=http://127.0.0.1:1 post=hello.json easy multi
    is "$(codes)" "7 0,7 0"
    sed 's/after [0-9]* ms/after N ms/' wanted >wanted.n
    sed 's/after [0-9]* ms/after N ms/' out | diff wanted.n -
    with "$NSS" "$URL" protocols=ftp post=hello.json easy protocols=https easy
    is "$(codes)" "1 0,0 200"
    # A certificate of somebody else: nothing is said to that host.
    cp "$CA" ca.pem
    "$ROOT/tests/lib/certs.sh" other >certs.out 2>&1
    CA=$PWD/other/ca.pem nss post=hello.json easy
    is "$(codes)" "60 0"
}

@test "NSS: through a proxy" {
    local i
    "$PYTHON" "$ROOT/tests/lib/proxy.py" >proxy 2>/dev/null 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    for ((i = 0; i < 200; i++)); do
        [ -s proxy ] && read -r _ PROXY <proxy && [ -n "$PROXY" ] && break
        sleep 0.05
    done
    nss "proxy=http://127.0.0.1:$PROXY" post=secret.json easy post=forbidden.json \
        multi "proxy=socks5h://127.0.0.1:$PROXY" post=secret.json sockets
    is "$(codes)" "0 200,0 403,0 200"
    is "$(grep -c tunnel proxy)" 2
    clean_wire
    https_proxy=http://127.0.0.1:1 nss post=hello.json easy post=forbidden.json easy
    is "$(codes)" "7 0,0 403"
}

@test "NSS: redirects" {
    with "$NSS" "$LLM/redirect?to=/v1/chat/completions" follow post=secret.json \
        easy "url=$LLM/redirect?to=$URL" multi post=forbidden.json easy
    is "$(codes)" "0 200,0 200,0 403"
    clean_wire
    forget_wire
    # Away from the model host, and to it from elsewhere.
    with "$NSS" "$LLM/redirect?to=$PLAIN/get" follow post=hello.json easy
    is "$(codes)" "35 307"
    has out 'another host is not followed'
    with "$NSS" "$PLAIN/redirect?to=$URL" follow post=hello.json easy dup multi
    is "$(codes)" "35 307,35 307" # its handshake is what no door sees into
    has stderr 'connection to localhost refused'
    has "$AUDIT" unseen_tls
    wire >sent
    hasnt sent 'POST /v1/chat'
}

@test "NSS: what libcurl tells of the connection is the host's" {
    local words=(certinfo post=hello.json easy where multi where follow
        "url=$LLM/redirect?to=/v1/chat/completions" easy where
        "url=$LLM/redirect?to=$URL" sockets where)
    "$BUILD/tests/prog_curl" "$NSS" "$CA" "$URL" "${words[@]}" >bare || true
    nss "${words[@]}"
    grep '^WHERE' out >told
    grep '^WHERE' bare >wanted
    diff <(head -n 1 wanted) <(head -n 1 told)
    # Without us the connection goes on: nothing more of its making is told.
    diff <(cut -d' ' -f 1-7 wanted) <(cut -d' ' -f 1-7 told)
    is "$(wc -l <told)" 4
    nss "url=$LLM/redirect?to=/get" get easy where
    has out " $LLM/get HTTPS 127.0.0.1 $PORT 0 "
}

@test "NSS: a connection of the program's own does not come about" {
    nss raw=hello.json
    is "$(codes)" "7 0"
    has out 'cannot be inspected'
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 action)" block
    has stderr 'cannot be inspected'
    with "$NSS" "$PLAIN/" raw=hello.json
    is "$(codes)" "0 0"
    has out 'HTTP/1.1 200'
    # Where the policy lets pass what cannot be read, it is noted.
    POLICY=$PWD/lax.yaml
    policy_write "$POLICY" 'on_failure: {unseen_tls: pass}'
    rm -f "$AUDIT"
    nss raw=hello.json
    is "$(codes)" "0 0"
    is "$(audit_field 0 action)" log
    with "$NSS" "$PLAIN/redirect?to=$URL" follow post=hello.json easy
    is "$(codes)" "0 200"
}

@test "NSS: llvm-debuginfod-find, a program of Debian's that is linked to it" {
    command -v llvm-debuginfod-find-14 certutil >/dev/null ||
        skip "llvm-14 or libnss3-tools is not installed"
    local find=(env DEBUGINFOD_CACHE_PATH="$PWD/cache" SSL_DIR="$PWD/db"
        llvm-debuginfod-find-14 --dump --debuginfo abcdef0123)
    mkdir db
    certutil -N -d sql:db --empty-password
    certutil -A -d sql:db -n ca -t C,, -i "$CA"
    DEBUGINFOD_URLS="$LLM" shim "${find[@]}" >out
    has out '"path":"/buildid/abcdef0123/debuginfo"'
    rm -rf cache
    DEBUGINFOD_URLS="$LLM/x?say=key&y=" shim "${find[@]}" >out
    hasnt out "$KEY_TAIL"
    has out "$PLACEHOLDER"
    rm -rf cache
    forget_wire
    DEBUGINFOD_URLS="$LLM/$KEY" run shim "${find[@]}"
    [ "$status" -eq 1 ]
    is "$(wire | wc -c)" 0
    is "$(audit_field 2 action)" block
    is "$(grep -c '"door":"curl"' "$AUDIT")" 3
}

@test "NSS: a body is never taken for a request" {
    POLICY=$PWD/lax.yaml
    policy_write "$POLICY" 'on_failure: {unseen_tls: pass, json_invalid: pass, body_unknown: pass}'
    printf 'POST /evil HTTP/1.1\r\nHost: localhost:%s\r\nContent-Length: 0\r\n\r\n' \
        "$PORT" >evil
    nss field=Upgrade:\ x field=Connection:\ upgrade post=evil easy multi
    hasnt out ' 200'
    # ... and a handshake, where one is made with us, for none.
    with "$NSS" "$LLM/redirect?to=$PLAIN/get" follow get easy
    is "$(codes)" "35 307"
    wire >sent
    hasnt sent 'POST /evil'
}

@test "OpenSSL hidden within libcurl" {
    local needs
    echo '{ global: curl_*; local: *; };' >map
    mapfile -t needs < <(ldd "$(gcc -print-file-name=libcurl.so)" |
        awk '$3 ~ "^/" && $3 !~ "/lib(ssl|crypto|c)[.]" { print $3 }')
    gcc -shared -o libcurl-own.so -Wl,--version-script=map \
        -Wl,--whole-archive -l:libcurl.a -Wl,--no-whole-archive \
        -l:libssl.a -l:libcrypto.a "${needs[@]}"
    with "$PWD/libcurl-own.so" "$URL" version post=secret.json easy multi \
        post=forbidden.json easy unverified sockets
    has out 'TLS OpenSSL/'
    is "$(codes)" "0 200,0 200,0 403,0 403"
    clean_wire
    is "$(grep -c '"door":"curl"' "$AUDIT")" 4
}

@test "NSS: without an engine" {
    local status=0
    nss post=hello.json easy
    : >none
    LD_PRELOAD=$BUILD/libsallyport.so SALLYPORT_POLICY=$PWD/none \
        SALLYPORT_HOSTS=localhost "$BUILD/tests/prog_curl" "$NSS" "$CA" "$URL" \
        post=hello.json easy multi unverified sockets \
        "url=$PLAIN/get" get verified easy >out 2>stderr
    is "$(codes)" "0 403,0 403,0 403,0 200"
    is "$(grep -c 'no valid policy' out)" 3
}

# --- TLS that other doors see: they judge, and nothing is seen twice.

@test "OpenSSL and GnuTLS: one audit line an exchange, by their doors" {
    local lib
    for lib in "$OPENSSL openssl" "$GNUTLS gnutls"; do
        rm -f "$AUDIT"
        forget_wire
        with "${lib% *}" "$URL" post=secret.json easy multi sockets dup easy \
            copy=forbidden.json easy reset read=secret.json multi \
            raw=secret.json
        is "$(codes)" "0 200,0 200,0 200,0 200,0 403,0 200,0 0"
        clean_wire
        is "$(audited)" 7
        is "$(grep -c "\"door\":\"${lib#* }\"" "$AUDIT")" 7
    done
}

@test "curl, git, PHP, pycurl and R: one audit line an exchange" {
    local name
    for name in curl php-curl python-pycurl; do
        (need "$name") >/dev/null || continue
        rm -f "$AUDIT"
        client shim "$name" POST "$URL" secret.json POST "$URL" forbidden.json \
            >out
        has out 'Hello from'
        has out policy_block
        is "$(audited)" 2
    done
    if command -v Rscript >/dev/null; then
        rm -f "$AUDIT"
        shim Rscript --vanilla "$CLIENTS/client.R" curl "$CA" POST "$URL" \
            secret.json POST "$URL" forbidden.json >out
        is "$(statuses out)" "200 403"
        is "$(audited)" 2
    fi
    if command -v git >/dev/null; then
        rm -f "$AUDIT"
        GIT_SSL_CAINFO=$CA shim git ls-remote "$LLM/repo.git" >out || true
        is "$(grep -c info/refs "$AUDIT")" 1
    fi
}

# --- Verification.

@test "verification switched off: blocked, with an answer" {
    local lib
    for lib in "$NSS" "$OPENSSL" "$GNUTLS"; do
        rm -f "$AUDIT"
        forget_wire
        with "$lib" "$URL" unverified post=hello.json easy multi sockets dup \
            easy parallel=3 verified any-host easy verified
        is "$(codes)" "0 403,0 403,0 403,0 403,0 403,0 403,0 403,0 403"
        has out '(rule unverified_peer,'
        is "$(wire | wc -c)" 0
        is "$(audited)" 8
        is "$(audit_field 0 condition)" unverified_peer
        # Back on, and to other hosts as ever.
        with "$lib" "$URL" unverified post=hello.json easy verified easy \
            unverified reset post=hello.json easy \
            "url=$PLAIN/echo" unverified easy
        is "$(codes)" "0 403,0 200,0 200,0 200"
        # A host that leads to a model host.
        with "$lib" "$PLAIN/redirect?to=$URL" unverified follow \
            post=hello.json easy
        is "$(codes)" "$([ "$lib" = "$NSS" ] && echo 35 || echo 42) 307"
    done
}

@test "curl -k, git, PHP and pycurl with it" {
    shim curl -sk -w '%{http_code}' --json @hello.json "$URL" >out
    is "$(tail -c 3 out)" 403
    has out unverified_peer
    shim curl -skZ --json @hello.json "$URL" "$URL" >out
    is "$(grep -o unverified_peer out | wc -l)" 2
    if command -v git >/dev/null; then
        GIT_SSL_NO_VERIFY=1 shim git ls-remote "$LLM/repo.git" >out || true
        has stderr 403
    fi
    cat >k.py <<'END2'
import sys
import pycurl
c = pycurl.Curl()
c.setopt(c.URL, sys.argv[1])
c.setopt(c.SSL_VERIFYPEER, 0)
c.setopt(c.POSTFIELDS, "{}")
c.perform()
print("\n%d" % c.getinfo(c.RESPONSE_CODE))
END2
    if "$PYTHON" -c 'import pycurl' 2>/dev/null; then
        shim "$PYTHON" k.py "$URL" >out
        has out unverified_peer
        is "$(tail -n 1 out)" 403
    fi
    cat >k.php <<'END2'
<?php
$c = curl_init($argv[1]);
curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);
curl_setopt($c, CURLOPT_POSTFIELDS, "{}");
curl_exec($c);
echo "\n", curl_getinfo($c, CURLINFO_RESPONSE_CODE), "\n";
END2
    if php -m 2>/dev/null | grep -qx curl; then
        shim php k.php "$URL" >out
        has out unverified_peer
        is "$(tail -n 1 out)" 403
    fi
    is "$(wire | wc -c)" 0
}

@test "verification switched off where the policy lets it pass, or is watching" {
    local lib line
    for line in 'on_failure: {unverified_peer: pass}' 'mode: monitor'; do
        POLICY=$PWD/lax.yaml
        policy_write "$POLICY" "$line"
        for lib in "$NSS" "$OPENSSL" "$GNUTLS"; do
            rm -f "$AUDIT"
            with "$lib" "$URL" unverified post=hello.json easy multi
            is "$(codes)" "0 200,0 200"
            is "$(audited)" 2
        done
    done
}

# --- Proxies that hide what is said.

@test "an HTTPS proxy: TLS in TLS" {
    local i lib
    "$PYTHON" "$ROOT/tests/lib/proxy.py" "$BATS_FILE_TMPDIR/certs/cert.pem" \
        "$BATS_FILE_TMPDIR/certs/key.pem" >proxy 2>proxy.err 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    for ((i = 0; i < 200; i++)); do
        [ -s proxy ] && read -r _ PROXY <proxy && [ -n "$PROXY" ] && break
        sleep 0.05
    done
    # Which socket a session within another has is not known (traffic.c), so
    # that a block is an error there; libcurl tries once more.
    for lib in "$OPENSSL 55 0" "$GNUTLS 55 0" "$NSS 0 403"; do
        forget_wire
        with "${lib%% *}" "$URL" "proxy=https://127.0.0.1:$PROXY" \
            "proxy-ca=$CA" post=secret.json easy multi post=forbidden.json easy
        is "$(codes)" "0 200,0 200,${lib#* }"
        clean_wire
        grep -q '"action":"block"' "$AUDIT"
    done
}
