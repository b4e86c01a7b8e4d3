#!/usr/bin/env bats
# HTTP without TLS to a declared host, by real and unmodified programs: what is
# not ours passes byte for byte, a secret is redacted on its way out, a prompt is
# blocked, streamed answers are redacted on their way in, a session goes on.

load ../lib/e2e
load ../lib/programs

setup_file() {
    server_start --plain
    LLM=http://localhost:$PORT
    PLAIN=http://127.0.0.2:$PORT
    export LLM PLAIN
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    prompt ollama.json "Say hello." true
}

chat=/v1/chat/completions

# all_ways PROGRAM
all_ways() {
    # shellcheck disable=SC2034 # for programs.bash
    work=$BATS_TEST_TMPDIR
    program_of "$1"
    program_is_here || skip "$1 is not installed"
    passes
    redacts
    blocks
    [[ $can != *s* ]] || streams
    [[ $can != *k* ]] || goes_on
    [[ $can != *q* ]] || at_once
    [ ! -e "$AUDIT" ] || hasnt "$AUDIT" "$KEY_TAIL"
}

in_order() {
    if [[ $can == *u* ]]; then
        sort
    else
        cat
    fi
}

passes() {
    local jobs=(GET "$PLAIN/get" - GET "$PLAIN/big?n=200000" -)
    [[ $can != *r* ]] || jobs+=(POST "$PLAIN/echo" secret.json
        POST "$PLAIN$chat?say=key" stream.json)
    forget_wire
    run "${jobs[@]}" >bare.out
    wire | in_order >bare.wire
    forget_wire
    run_guarded "${jobs[@]}" >shim.out 2>shim.err
    wire | in_order >shim.wire
    cmp bare.out shim.out
    cmp bare.wire shim.wire
    [ ! -s "$AUDIT" ] || fail "an audit line"
}

redacts() {
    [[ $can == *r* ]] || return 0
    forget_wire
    run_guarded POST "$LLM$chat" secret.json >out
    wire >sent
    is "$(statuses out)" 200
    has out 'Hello from the test model'
    has sent "Why is $PLACEHOLDER refused?"
    hasnt sent "$KEY_TAIL"
    is "$(audit_field -1 action)" redact
    is "$(audit_field -1 door)" socket
}

blocks() {
    [[ $can == *b* ]] || return 0
    forget_wire
    run_guarded POST "$LLM$chat" forbidden.json >out
    is "$(statuses out)" 403
    has out '"code":"policy_block"'
    has out SP-9001
    is "$(wire | wc -c)" 0
    is "$(audit_field -1 action)" block
}

streams() {
    forget_wire
    if [[ $can != *r* ]]; then
        run_guarded GET "$LLM/get?say=key" - >out
        hasnt out "$KEY_TAIL"
        return
    fi
    run_guarded POST "$LLM$chat?say=key&wait=1" stream.json >out
    is "$(statuses out)" 200
    hasnt out "$KEY_TAIL"
    has out 'data: [DONE]'
    is "$(said out)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
}

goes_on() {
    forget_wire
    run_guarded POST "$LLM$chat" hello.json POST "$LLM$chat" forbidden.json \
        POST "$LLM$chat" secret.json >out
    is "$(statuses out)" "200 403 200"
    wire >sent
    hasnt sent plum
    hasnt sent "$KEY_TAIL"
    is "$(requests_in sent)" 2
}

at_once() {
    local jobs=() i
    for ((i = 0; i < 6; i++)); do
        jobs+=(POST "$LLM$chat" hello.json POST "$LLM$chat" forbidden.json
            POST "$LLM$chat?wait=1" stream.json)
    done
    forget_wire
    AT_ONCE=1 run_guarded "${jobs[@]}" >out
    is "$(sed -n 's/^STATUS \([0-9]*\).*/\1/p' out | sort | uniq -c |
        tr -s ' \n' ' ')" " 12 200 6 403 "
    wire >sent
    hasnt sent plum
}

@test "curl" { all_ways curl; }
@test "wget" { all_ways wget; }
@test "aria2c" { all_ways aria2c; }
@test "python-http" { all_ways python-http; }
@test "python-urllib3" { all_ways python-urllib3; }
@test "python-requests" { all_ways python-requests; }
@test "python-httpx" { all_ways python-httpx; }
@test "python-httpx-async" { all_ways python-httpx-async; }
@test "python-aiohttp" { all_ways python-aiohttp; }
@test "python-pycurl" { all_ways python-pycurl; }
@test "httpie" { all_ways httpie; }
@test "ruby" { all_ways ruby; }
@test "perl" { all_ways perl; }
@test "perl-tiny" { all_ways perl-tiny; }
@test "php-streams" { all_ways php-streams; }
@test "php-curl" { all_ways php-curl; }
@test "lua" { all_ways lua; }
@test "r-curl" { all_ways r-curl; }
@test "r-httr" { all_ways r-httr; }
@test "node20-http" { all_ways node20-https; }
@test "node20-fetch" { all_ways node20-fetch; }
@test "node22-http" { all_ways node22-https; }
@test "node22-fetch" { all_ways node22-fetch; }
@test "node24-http" { all_ways node24-https; }
@test "node24-fetch" { all_ways node24-fetch; }
@test "node-debian-http" { all_ways node-debian-https; }
@test "node-debian-fetch" { all_ways node-debian-fetch; }
@test "emacs" { all_ways emacs; }
@test "vim" { all_ways vim; }
@test "socat" { all_ways socat; }

guarded() { # ARGUMENT... of curl
    shim curl -sS --max-time 60 "$@"
}

@test "by address, IPv4 and IPv6, with no name looked up" {
    local address
    for address in 127.0.0.1 '[::1]' '[::ffff:127.0.0.1]' 0.0.0.0; do
        guarded -g --json @forbidden.json "http://$address:$PORT$chat" >out
        has out policy_block
    done
    is "$(wire | wc -c)" 0
}

@test "a name that only the program's resolver knows" {
    POLICY=$PWD/named.yaml
    policy_write "$POLICY" "  - llm.test"
    guarded --resolve "llm.test:$PORT:127.0.0.2" --json @forbidden.json \
        "http://llm.test:$PORT$chat" >out
    has out policy_block
    guarded --resolve "other.test:$PORT:127.0.0.2" --json @forbidden.json \
        "http://other.test:$PORT$chat" >out
    has out 'Hello from'
}

@test "lines of JSON, as Ollama streams them" {
    guarded --json @ollama.json "$LLM/api/chat?say=key&wait=1" >out
    hasnt out "$KEY_TAIL"
    has out "$PLACEHOLDER"
    has out '"done":true'
}

@test "framings and codings of an answer; a large one down, a large one up" {
    local how
    for how in te=length te=chunked te=close te=chunked\&gzip=1 te=close\&gzip=1; do
        guarded --compressed --json @hello.json "$LLM$chat?say=key&$how" >out
        hasnt out "$KEY_TAIL"
        has out "$PLACEHOLDER"
        guarded --compressed --json @stream.json "$LLM$chat?say=key&$how" >out
        hasnt out "$KEY_TAIL"
        has out 'data: [DONE]'
    done
    guarded "$LLM/big?n=5000000" >out
    curl -sS "$PLAIN/big?n=5000000" >wanted
    cmp out wanted
    {
        printf '{"model":"m-1","messages":[{"role":"user","content":"'
        head -c 2500000 /dev/zero | tr '\0' a
        printf ' %s ' "$KEY"
        head -c 2500000 /dev/zero | tr '\0' b
        printf '"}]}'
    } >big.json
    forget_wire
    guarded --json @big.json "$LLM$chat?slow=1" >out
    has out 'Hello from'
    wire >sent
    sed "s/$KEY/$PLACEHOLDER/" big.json >wanted
    tail -c "$(wc -c <wanted)" sent | cmp - wanted
}

@test "Expect: 100-continue" {
    guarded -H 'Expect: 100-continue' --json @secret.json "$LLM$chat" >out
    has out 'Hello from'
    wire >sent
    hasnt sent "$KEY_TAIL"
}

@test "curl -Z: twelve transfers at once" {
    local arguments=() i
    for ((i = 0; i < 4; i++)); do
        for name in hello secret forbidden; do
            [ "${#arguments[@]}" -eq 0 ] || arguments+=(--next)
            arguments+=(-sS --json "@$name.json" -o "out.$name.$i"
                -w '%{http_code}\n' "$LLM$chat")
        done
    done
    shim curl -Z --parallel-immediate "${arguments[@]}" >codes
    is "$(sort codes | uniq -c | tr -s ' \n' ' ')" " 8 200 4 403 "
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
    is "$(grep -oF "$PLACEHOLDER" sent | wc -l)" 4
}

@test "TLS on a port that is declared goes by its own door" {
    (
        server_start
        POLICY=$PWD/tls.yaml
        test_begin
        guarded --cacert "$CA" --json @secret.json "$LLM$chat" >out
        has out 'Hello from'
        wire >sent
        hasnt sent "$KEY_TAIL"
        is "$(audit_field 0 door)" openssl
        is "$(wc -l <"$AUDIT")" 1
    )
}

# A proxy that takes requests in the absolute form, and tunnels.
proxy_start() {
    local dir=$BATS_TEST_TMPDIR/proxy
    mkdir -p "$dir"
    "$PYTHON" "$ROOT/tests/lib/proxy.py" >"$dir/out" 2>"$dir/err" 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    local i
    for ((i = 0; i < 100; i++)); do
        read -r _ PROXY <"$dir/out" && [ -n "$PROXY" ] && break
        sleep 0.05
    done
}

judged() { # COMMAND... with the body's file as its last argument
    forget_wire
    shim "$@" forbidden.json >out
    has out policy_block
    is "$(wire | wc -c)" 0
    shim "$@" secret.json >out
    has out 'Hello from'
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
}

through() {
    cat >post <<END
#!/bin/sh
exec curl -sS --max-time 30 $* --json "@\$1" "$LLM$chat"
END
    chmod +x post
    judged ./post
}

@test "through a proxy: absolute form, tunnel, SOCKS" {
    proxy_start
    through -x "http://127.0.0.1:$PROXY"
    through -p -x "http://127.0.0.1:$PROXY"
    through -x "socks4a://127.0.0.1:$PROXY"
    through -x "socks5h://127.0.0.1:$PROXY"
    has proxy/out 'tunnel connect'
    has proxy/out 'tunnel absolute'
    has proxy/out 'tunnel socks4'
    has proxy/out 'tunnel socks5'
}

@test "through a proxy that has carried requests to others before" {
    proxy_start
    shim curl -sS --max-time 30 -x "http://127.0.0.1:$PROXY" "$PLAIN/get" \
        --next -sS -x "http://127.0.0.1:$PROXY" --json @forbidden.json \
        "$LLM$chat" >out
    has out '"path":"/get"'
    has out policy_block
    wire >sent
    hasnt sent plum
    is "$(grep -c 'tunnel absolute' proxy/out)" 1
}

@test "nginx as a proxy of its own, with bodies in files and sendfile" {
    command -v nginx >/dev/null || skip "nginx is not installed"
    local port
    port=$(free_port)
    {
        printf '{"model":"m-1","messages":[{"role":"user","content":"'
        head -c 300000 /dev/zero | tr '\0' a
        printf ' %s "}]}' "$KEY"
    } >big.json
    cat >nginx.conf <<END
daemon off; master_process off; pid $PWD/pid; error_log $PWD/log;
events { worker_connections 64; }
http {
    access_log off; sendfile on; client_body_buffer_size 1k;
    client_body_temp_path $PWD/a; proxy_temp_path $PWD/b;
    fastcgi_temp_path $PWD/c; uwsgi_temp_path $PWD/d; scgi_temp_path $PWD/e;
    upstream model { server 127.0.0.1:$PORT; keepalive 4; }
    server {
        listen 127.0.0.1:$port;
        client_max_body_size 8m;
        location / {
            proxy_pass http://model;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host localhost:$PORT;
        }
    }
}
END
    "$SALLYPORT" run --rules "$POLICY" --audit "$AUDIT" -- \
        nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/log" 2>nginx.err 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$port"
    for name in big forbidden hello; do
        curl -sS -w ' %{http_code}\n' --json "@$name.json" \
            "http://127.0.0.1:$port$chat" >>out
    done
    is "$(grep -o '} [0-9]*$' out | paste -sd ' ')" "} 200 } 403 } 200"
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
    has sent "$PLACEHOLDER"
}

# HTTP/2 without TLS, begun by who knows that the server speaks it.
h2c_start() {
    local dir=$BATS_TEST_TMPDIR/h2c i
    H2C=$(free_port)
    mkdir -p "$dir/root"
    cat >"$dir/conf" <<END
daemon off; master_process off; pid $dir/pid; error_log $dir/log;
events { worker_connections 64; }
http {
    access_log off; client_max_body_size 8m;
    client_body_temp_path $dir/a; proxy_temp_path $dir/b;
    fastcgi_temp_path $dir/c; uwsgi_temp_path $dir/d; scgi_temp_path $dir/e;
    server {
        listen 127.0.0.1:$H2C http2;
        location / {
            proxy_pass http://127.0.0.1:$PORT;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_set_header Host \$http_host;
        }
    }
}
END
    nginx -p "$dir" -c "$dir/conf" -e "$dir/log" >"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$H2C"
    NGHTTPD=$(free_port)
    { # as an image begins: by its first byte it is no JSON
        printf '\211PNG'
        head -c 3000000 /dev/urandom
    } >"$dir/root/big"
    nghttpd --no-tls -d "$dir/root" --trailer='x-sum: 7' "$NGHTTPD" \
        >"$dir/nghttpd" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$NGHTTPD"
    POLICY=$dir/policy.yaml
    policy_write "$POLICY" "  - localhost:$H2C" "  - localhost:$NGHTTPD"
}

# curl 7.88 fails on a second request of such a connection, without us too.
@test "curl: HTTP/2 by prior knowledge redacts, refuses, streams" {
    h2c_start
    local url=http://localhost:$H2C$chat
    guarded --http2-prior-knowledge -D heads --json @secret.json "$url" >out
    has heads 'HTTP/2 200'
    guarded --http2-prior-knowledge -D heads --json @forbidden.json "$url" >out
    has heads 'HTTP/2 403'
    has out policy_block
    guarded --http2-prior-knowledge -N --json @stream.json "$url?say=key" >out
    hasnt out "$KEY_TAIL"
    has out 'data: [DONE]'
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
    is "$(audit_field 1 action)" block
    is "$(audit_field 1 door)" socket
}

@test "httpx: HTTP/2 by prior knowledge, one by one and all at once" {
    "$PYTHON" -c 'import h2, httpx' || skip "python3-h2 is not installed"
    h2c_start
    local url=http://localhost:$H2C$chat
    shim "$PYTHON" "$CLIENTS/http2.py" "$CA" "$url" secret.json \
        forbidden.json hello.json stream.json >out
    is "$(sed -n 's/^STATUS //p' out | paste -sd ' ')" \
        "200 HTTP/2 403 HTTP/2 200 HTTP/2 200 HTTP/2"
    AT_ONCE=1 shim "$PYTHON" "$CLIENTS/http2.py" "$CA" "$url" \
        secret.json forbidden.json hello.json stream.json secret.json \
        forbidden.json hello.json stream.json >out
    is "$(grep -c '^STATUS 200 HTTP/2' out)" 6
    is "$(grep -c '^STATUS 403 HTTP/2' out)" 2
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
}

@test "nghttp: HTTP/2 without TLS, a large file, trailers" {
    h2c_start
    shim timeout 60 nghttp -v -m 20 -d forbidden.json \
        -H 'content-type: application/json' "http://localhost:$H2C$chat" >out
    has out ':status: 403'
    has out policy_block
    hasnt out ':status: 200'
    shim timeout 60 nghttp -v "http://localhost:$NGHTTPD/big" >out
    has out 'x-sum: 7'
    shim timeout 60 nghttp "http://localhost:$NGHTTPD/big" >out
    cmp out h2c/root/big
}

@test "an upgrade to HTTP/2 is not offered, the request is answered" {
    h2c_start
    guarded --http2 -D heads --json @secret.json "$LLM$chat" >out
    has heads 'HTTP/1.1 200'
    wire >sent
    hasnt sent "$KEY_TAIL"
}

@test "Python's socket.sendfile and asyncio's, which take a file" {
    cat >client.py <<'END'
import asyncio
import os
import socket
import sys

port, path = int(sys.argv[1]), sys.argv[2]
head = ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:%d\r\n"
        "Content-Type: application/json\r\nConnection: close\r\n"
        "Content-Length: %d\r\n\r\n" % (port, os.path.getsize(path))).encode()
s = socket.create_connection(("localhost", port))
s.sendall(head)
with open(path, "rb") as file:
    s.sendfile(file)
print(s.makefile("rb").read(15).decode().strip())


async def main():
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("localhost", port)
    writer.write(head)
    with open(path, "rb") as file:
        await loop.sendfile(writer.transport, file)
    print((await reader.read(15)).decode().strip())

asyncio.run(main())
END
    shim "$PYTHON" client.py "$PORT" secret.json >out
    is "$(paste -sd , <out)" "HTTP/1.1 200 OK,HTTP/1.1 200 OK"
    wire >sent
    hasnt sent "$KEY_TAIL"
    forget_wire
    shim "$PYTHON" client.py "$PORT" forbidden.json >out
    is "$(grep -c 'HTTP/1.1 403' out)" 2
    is "$(wire | wc -c)" 0
}

@test "another protocol on a declared port is refused" {
    cat >client.py <<'END'
import socket
import sys

for words in b"EHLO me\r\n", b"\x00\x01\x02\x03", b"{}\n":
    s = socket.create_connection(("localhost", int(sys.argv[1])))
    s.sendall(words)
    s.settimeout(5)
    print(s.recv(100)[:12].decode())
END
    shim "$PYTHON" client.py "$PORT" >out
    is "$(paste -sd , <out)" "HTTP/1.1 403,HTTP/1.1 403,HTTP/1.1 403"
    is "$(wire | wc -c)" 0
    is "$(audit_field 0 condition)" http_ambiguous
    is "$(audit_field 1 condition)" unknown_protocol
}

@test "a shell's /dev/tcp, which writes by stdio, is refused" {
    cat >talk.sh <<END
exec 3<>/dev/tcp/localhost/$PORT
printf 'GET /get HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3
cat forbidden.json >&3
head -n 1 <&3
END
    shim timeout 20 bash talk.sh >out || true
    is "$(grep -c 'not supported' stderr)" 3
    is "$(wire | wc -c)" 0
    is "$(cat out)" ""
}

@test "no policy: known model hosts and no others are refused" {
    LD_PRELOAD=$BUILD/libsallyport.so curl -sS --max-time 10 \
        --resolve "api.openai.com:$PORT:127.0.0.2" --json @hello.json \
        "http://api.openai.com:$PORT$chat" >out 2>stderr
    has out policy_block
    LD_PRELOAD=$BUILD/libsallyport.so curl -sS --max-time 10 \
        --json @hello.json "$PLAIN$chat" >out 2>stderr
    has out 'Hello from'
    is "$(cat stderr)" ""
}

@test "the engine comes with the first request to a declared host" {
    "$SALLYPORT" compile "$POLICY" -o policy.img
    cat >client.py <<'END'
import sys
import urllib.request


def loaded():
    return "libsallyport-engine" in open("/proc/self/maps").read()


for url in sys.argv[1:]:
    urllib.request.urlopen(url).read()
    print(loaded())
END
    LD_PRELOAD=$BUILD/libsallyport.so SALLYPORT_POLICY=$PWD/policy.img \
        "$PYTHON" client.py "$PLAIN/get" "$LLM/get" >out
    is "$(paste -sd ' ' <out)" "False True"
}
