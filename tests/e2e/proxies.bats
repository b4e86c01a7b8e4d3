#!/usr/bin/env bats
# A model host behind a proxy: the socket's peer is the proxy, so its port says
# nothing about the host that was declared with one.

load ../lib/e2e

setup_file() {
    server_start
    local out=$BATS_FILE_TMPDIR/proxy i
    "$PYTHON" "$ROOT/tests/lib/proxy.py" >"$out" 2>/dev/null 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    for ((i = 0; i < 200; i++)); do
        read -r _ PROXY <"$out" && [ -n "$PROXY" ] && break
        sleep 0.05
    done
    export PROXY
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    cat >client.py <<'END'
import http.client
import ssl
import sys

kind, proxy, port, ca, body = sys.argv[1:]
url = "https://localhost:%s/v1/chat/completions" % port
head = {"Content-Type": "application/json"}
context = ssl.create_default_context(cafile=ca)
with open(body, "rb") as file:
    data = file.read()
if kind == "http":
    c = http.client.HTTPSConnection("127.0.0.1", int(proxy), context=context)
    c.set_tunnel("localhost", int(port))
    c.request("POST", "/v1/chat/completions", data, head)
    print(c.getresponse().read().decode())
    sys.exit()
import httpx
proxies = {"https://": "http://127.0.0.1:" + proxy}
if kind == "httpx":
    with httpx.Client(verify=context, proxies=proxies) as c:
        print(c.post(url, content=data, headers=head).text)
else:
    import asyncio

    async def main():
        async with httpx.AsyncClient(verify=context, proxies=proxies) as c:
            print((await c.post(url, content=data, headers=head)).text)
    asyncio.run(main())
END
}

chat=/v1/chat/completions

# judged PROGRAM... - with the body's file as its last argument: a forbidden
# prompt is blocked, a secret redacted; the policy names the host with its port.
judged() {
    shim "$@" forbidden.json >out
    has out policy_block
    is "$(wire | wc -c)" 0
    shim "$@" secret.json >out
    has out 'Hello from'
    wire >sent
    has sent "$PLACEHOLDER"
    hasnt sent "$KEY_TAIL"
    grep -q "^tunnel .* $PORT\$" "$BATS_FILE_TMPDIR/proxy"
}

through() {
    cat >post <<END
#!/bin/sh
exec curl -sS --cacert "$CA" --max-time 30 $* --json "@\$1" "$LLM$chat"
END
    chmod +x post
    judged ./post
}

@test "curl through HTTP CONNECT" {
    through -x "http://127.0.0.1:$PROXY"
}

@test "curl through SOCKS 4, 4a and 5" {
    local kind
    for kind in socks4 socks4a socks5 socks5h; do
        forget_wire
        through -x "$kind://127.0.0.1:$PROXY"
    done
}

@test "http.client through HTTP CONNECT" {
    judged "$PYTHON" client.py http "$PROXY" "$PORT" "$CA"
}

@test "httpx through HTTP CONNECT" {
    need python-httpx
    judged "$PYTHON" client.py httpx "$PROXY" "$PORT" "$CA"
}

@test "httpx, asynchronous, through HTTP CONNECT" {
    need python-httpx
    judged "$PYTHON" client.py httpx-async "$PROXY" "$PORT" "$CA"
}

@test "a block is an answer through a proxy too, on one connection" {
    shim curl -sS --cacert "$CA" --max-time 30 -x "http://127.0.0.1:$PROXY" \
        -w ' %{http_code}\n' --json @hello.json "$LLM$chat" \
        --next -sS --cacert "$CA" --max-time 30 -x "http://127.0.0.1:$PROXY" \
        -w ' %{http_code}\n' --json @forbidden.json "$LLM$chat" >out
    is "$(grep -oE ' (200|403)$' out | paste -sd '')" " 200 403"
}

@test "another port of a host that is declared with one passes" {
    server_start
    # test_begin's policy is that of the first server.
    forget_wire
    shim curl -sS --cacert "$CA" --json @secret.json "$LLM$chat" >out
    wire >sent
    has sent "$KEY"
    forget_wire
    shim "$PYTHON" - "$PORT" "$CA" secret.json <<'END'
import http.client
import ssl
import sys

port, ca, body = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
c = http.client.HTTPSConnection("localhost", int(port), context=context)
with open(body, "rb") as file:
    c.request("POST", "/v1/chat/completions", file.read(),
              {"Content-Type": "application/json"})
c.getresponse().read()
END
    wire >sent
    has sent "$KEY"
}
