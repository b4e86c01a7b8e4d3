#!/usr/bin/env bats
# HTTP/2: unmodified clients and servers, with the shim between. nginx takes
# HTTP/2 and asks the test server behind it over HTTP/1.1, where what was sent
# can be read.

load ../lib/e2e

setup_file() {
    local behind dir cert=$BATS_FILE_TMPDIR/certs/cert.pem
    local key=$BATS_FILE_TMPDIR/certs/key.pem
    server_start
    behind=$PORT
    PORT=$(free_port)
    dir=$(mktemp -d "$BATS_FILE_TMPDIR/nginx.XXXXXX")
    cat >"$dir/conf" <<END
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log;
events {}
http {
    access_log $dir/access.log;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    client_max_body_size 64m;
    server {
        listen 127.0.0.1:$PORT ssl http2;
        listen 127.0.0.2:$PORT ssl http2;
        ssl_certificate $cert;
        ssl_certificate_key $key;
        add_header x-by nginx-\$server_protocol always;
        location / {
            proxy_pass https://127.0.0.1:$behind;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_set_header Host \$http_host;
        }
    }
}
END
    nginx -c "$dir/conf" -p "$dir" >"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$PORT"
    NGHTTPD=$(free_port)
    mkdir "$dir/root"
    { # as an image begins: by its first byte it is no JSON
        printf '\211PNG'
        head -c 3000000 /dev/urandom
    } >"$dir/root/big"
    echo small >"$dir/root/small"
    nghttpd -d "$dir/root" --trailer='x-sum: 7' "$NGHTTPD" "$key" "$cert" \
        >"$dir/nghttpd" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$NGHTTPD"
    LLM=https://localhost:$PORT
    PLAIN=https://127.0.0.2:$PORT
    FILES=https://localhost:$NGHTTPD
    ROOT_DIR=$dir/root
    export PORT LLM PLAIN NGHTTPD FILES ROOT_DIR
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
}

chat=/v1/chat/completions

guarded() { # ARGUMENT... of curl
    shim curl -sS --http2 --cacert "$CA" --max-time 60 "$@"
}

over_http2() { # FILE: heads
    has "$1" 'HTTP/2 '
    has "$1" 'x-by: nginx-HTTP/2.0'
}

@test "curl: HTTP/2 is offered and spoken, and what is said is the same" {
    local path
    for path in /v1/models /get "/big?n=300000" "$chat"; do
        local more=(-D bare.head "$LLM$path")
        [ "$path" != "$chat" ] || more+=(--json @stream.json)
        curl -sS --http2 --cacert "$CA" "${more[@]}" >bare.out
        wire >bare.wire
        forget_wire
        guarded "${more[@]/bare.head/shim.head}" >shim.out
        wire >shim.wire
        forget_wire
        over_http2 shim.head
        cmp bare.out shim.out
        cmp bare.wire shim.wire
        diff <(grep -vi '^date' bare.head) <(grep -vi '^date' shim.head)
    done
}

@test "curl: a request is redacted, another refused, the connection goes on" {
    guarded -D heads --json @secret.json "$LLM$chat" \
        --next -sS --http2 --cacert "$CA" -D heads2 --json @forbidden.json \
        "$LLM$chat" \
        --next -sS --http2 --cacert "$CA" --json @hello.json \
        -w '%{num_connects} %{http_version}\n' "$LLM$chat" >out
    over_http2 heads
    has heads2 'HTTP/2 403'
    has heads2 'x-should-retry: false'
    has out policy_block
    is "$(grep -o 'Hello from' out | wc -l)" 2
    has out '0 2'
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
    is "$(audit_field 0 action)" redact
    is "$(audit_field 1 action)" block
    no_secret_of_ours
}

@test "curl -Z: forty streams of one connection, some refused" {
    local arguments=() i
    for ((i = 0; i < 10; i++)); do
        for name in hello secret forbidden stream; do
            [ "${#arguments[@]}" -eq 0 ] || arguments+=(--next)
            arguments+=(-sS --http2 --cacert "$CA" --json "@$name.json"
                -o "out.$name.$i" -w '%{http_code}\n' "$LLM$chat")
        done
    done
    shim timeout 60 curl -Z --parallel-max 50 "${arguments[@]}" >codes
    is "$(sort codes | uniq -c | tr -s ' \n' ' ')" " 30 200 10 403 "
    for ((i = 0; i < 10; i++)); do
        has "out.hello.$i" 'Hello from'
        has "out.forbidden.$i" policy_block
        has "out.stream.$i" '[DONE]'
    done
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
}

@test "curl: a streamed answer is redacted, another ends with an error event" {
    guarded -N --json @stream.json "$LLM$chat?say=key&delta=3" >out
    hasnt out "$KEY_TAIL"
    is "$(said out)" "The key is $PLACEHOLDER, keep it safe. Ü 😀 done."
    guarded -N --json @stream.json "$LLM$chat?say=forbidden&delta=3" >out
    hasnt out 'PLUM and'
    has out policy_block
}

@test "curl: five megabytes up, held, and down through windows" {
    local text
    text=$(head -c 3800000 /dev/zero | tr '\0' a)
    printf '{"messages":[{"role":"user","content":"%s"}]}' "$text" >large.json
    guarded --json @large.json -D heads "$LLM/echo?slow=1" >out
    over_http2 heads
    cmp large.json out
    guarded --json @large.json --limit-rate 40M "$PLAIN/echo" >out
    cmp large.json out
}

@test "curl: alpn: http1 in the policy keeps to HTTP/1.1, elsewhere not" {
    POLICY=$PWD/http1.yaml
    policy_write "$POLICY" 'alpn: http1'
    guarded -D heads "$LLM/get" >out
    has heads 'HTTP/1.1 200'
    has heads 'x-by: nginx-HTTP/1.1'
    guarded -D heads "$PLAIN/get" >out
    over_http2 heads
}

@test "curl: HEAD, 204, Expect, no Content-Length, a model host by its address" {
    guarded -I "$LLM/get" >heads
    over_http2 heads
    guarded -D heads "$LLM/status/204" >out
    has heads 'HTTP/2 204'
    guarded -H 'Expect: 100-continue' --json @hello.json "$LLM$chat" >out
    has out 'Hello from'
    guarded -T - "$LLM/echo" -H 'Content-Type: application/json' \
        <secret.json >out
    has out "$PLACEHOLDER"
    guarded --connect-to "llm.invalid:443:127.0.0.1:$PORT" -k \
        --json @hello.json "https://llm.invalid$chat" >out
    has out 'Hello from'
}

@test "nghttp: HTTP/2 alone, many streams, trailers" {
    shim timeout 60 nghttp -v -m 20 -d forbidden.json \
        -H 'content-type: application/json' "$LLM$chat" >out
    has out ':status: 403'
    has out policy_block
    hasnt out ':status: 200'
    POLICY=$PWD/files.yaml
    PORT=$NGHTTPD policy_write "$POLICY"
    shim timeout 60 nghttp -v "$FILES/small" >out
    has out 'small'
    has out 'x-sum: 7'
    shim timeout 60 nghttp "$FILES/big" >out
    cmp out "$ROOT_DIR/big"
}

@test "httpx with http2: redacts, refuses, goes on, as many at once" {
    "$PYTHON" -c 'import h2, httpx' || skip "python3-h2 is not installed"
    shim "$PYTHON" "$CLIENTS/http2.py" "$CA" "$LLM$chat" secret.json \
        forbidden.json hello.json stream.json >out
    is "$(sed -n 's/^STATUS //p' out | paste -sd ' ')" \
        "200 HTTP/2 403 HTTP/2 200 HTTP/2 200 HTTP/2"
    AT_ONCE=1 shim "$PYTHON" "$CLIENTS/http2.py" "$CA" "$LLM$chat" \
        secret.json forbidden.json hello.json stream.json secret.json \
        forbidden.json hello.json stream.json >out
    is "$(grep -c '^STATUS 200 HTTP/2' out)" 6
    is "$(grep -c '^STATUS 403 HTTP/2' out)" 2
    wire >sent
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
}

@test "libcurl over GnuTLS: redacts, refuses, goes on" {
    "$PYTHON" -c 'import pycurl
assert "GnuTLS" in pycurl.version and "nghttp2" in pycurl.version' ||
        skip "no pycurl with GnuTLS and HTTP/2"
    shim "$PYTHON" - "$CA" "$LLM$chat" secret.json forbidden.json hello.json \
        >out <<'END'
import sys
import pycurl

ca, url, *names = sys.argv[1:]
curl = pycurl.Curl()
for name in names:
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.CAINFO, ca)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    curl.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json"])
    curl.setopt(pycurl.POSTFIELDS, open(name).read())
    curl.setopt(pycurl.WRITEFUNCTION, lambda data: None)
    curl.perform()
    print("STATUS", curl.getinfo(pycurl.RESPONSE_CODE),
          curl.getinfo(pycurl.INFO_HTTP_VERSION))
END
    is "$(paste -sd ' ' out)" "STATUS 200 3 STATUS 403 3 STATUS 200 3"
    is "$(audit_field 0 door)" gnutls
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
}

@test "gRPC to a model host, which cannot be read, is refused call by call" {
    "$PYTHON" -c 'import grpc' 2>/dev/null ||
        skip "python3-grpcio is not installed"
    shim timeout 60 "$PYTHON" "$CLIENTS/grpc-call.py" "$CA" "localhost:$PORT" \
        >out
    is "$(paste -sd ' ' out)" \
        "PERMISSION_DENIED PERMISSION_DENIED PERMISSION_DENIED"
    is "$(audit_field 2 condition)" body_unknown
    is "$(connections)" 0
}

@test "Node's http2: redacts, refuses, goes on, on one session" {
    "$CLIENTS/node-debian" -e 'require("http2")' 2>/dev/null ||
        skip "Debian's Node is not there"
    shim timeout 60 "$CLIENTS/node-debian" "$CLIENTS/http2.js" "$CA" "$LLM" \
        "$chat" secret.json forbidden.json hello.json stream.json >out
    is "$(sed -n 's/^STATUS //p' out | sort | paste -sd ' ')" \
        "200 200 200 403"
    has out policy_block
    has out '[DONE]'
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    hasnt sent plum
}
