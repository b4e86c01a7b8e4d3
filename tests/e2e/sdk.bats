#!/usr/bin/env bats
# The SDKs of model providers on an official Node, whose OpenSSL is a part of
# the program. The server is aimock, behind nginx for TLS; what reached it, it
# tells by its answer.

load ../lib/e2e

setup_file() {
    local dir=$BATS_FILE_TMPDIR/front behind
    export NODE=$NPM/node22/bin/node
    [ -x "$NODE" ] && [ -e "$NPM/@copilotkit/aimock/package.json" ] ||
        skip "build/npm is not there"
    "$ROOT/tests/lib/certs.sh" "$BATS_FILE_TMPDIR/certs" >&2
    mkdir -p "$dir"
    behind=$(free_port)
    PORT=$(free_port)
    export PORT BEHIND=$behind SERVER_DIR=$dir NODE_EXTRA_CA_CERTS=$BATS_FILE_TMPDIR/certs/ca.pem
    export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/cache
    cat >"$dir/answers.json" <<END
{"fixtures": [
  {"match": {"userMessage": "$PLACEHOLDER"},
   "response": {"content": "It came redacted."}},
  {"match": {"userMessage": "AKIA"},
   "response": {"content": "It came as it was."}},
  {"match": {"userMessage": "forbidden-plum"},
   "response": {"content": "It came as it was."}},
  {"match": {"userMessage": "tell the key"},
   "response": {"content": "The key is $KEY, keep it safe."}},
  {"match": {"userMessage": "hello"},
   "response": {"content": "Hello to you."}}
]}
END
    "$NODE" "$NPM/@copilotkit/aimock/dist/cli.js" -p "$behind" \
        -f "$dir/answers.json" --log-level warn >"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    cat >"$dir/conf" <<END
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server {
        listen 127.0.0.1:$PORT ssl http2;
        listen 127.0.0.2:$PORT ssl http2;
        ssl_certificate $BATS_FILE_TMPDIR/certs/cert.pem;
        ssl_certificate_key $BATS_FILE_TMPDIR/certs/key.pem;
        location / {
            proxy_pass http://127.0.0.1:$behind;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_set_header Host \$http_host;
        }
    }
}
END
    nginx -c "$dir/conf" -p "$dir" >>"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$behind"
    waits_for "$PORT"
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
}

# asks HOST SDK [-s] TEXT... - under the shim.
asks() {
    local host=$1
    shift
    shim timeout 60 "$NODE" "$CLIENTS/sdk.mjs" "$NPM" "$1" \
        "${SCHEME:-https}://$host:$PORT" "${@:2}"
}

# same SDK [-s] - a host that is not watched, with and without the shim.
same() {
    timeout 60 "$NODE" "$CLIENTS/sdk.mjs" "$NPM" "$1" \
        "https://127.0.0.2:$PORT" "${@:2}" hello "use $KEY" >bare.out
    is "$(cat bare.out)" "said Hello to you.
said It came as it was."
    asks 127.0.0.2 "$@" hello "use $KEY" >shim.out
    cmp bare.out shim.out
}

# plainly SDK [-s] - the same server without TLS: redacted, refused, going on,
# the answer redacted.
plainly() {
    local PORT=$BEHIND SCHEME=http
    POLICY=$PWD/plain.yaml
    policy_write "$POLICY"
    asks localhost "$@" "use $KEY" "a forbidden-plum" hello "tell the key" >out
    is "$(cut -c1-9 out | sed -n 2p)" 'error 403'
    is "$(sed 2d out)" "said It came redacted.
said Hello to you.
said The key is $PLACEHOLDER, keep it safe."
    is "$(audit_field 0 door)" socket
    no_secret_of_ours
}

# whole SDK [-s] - passed, redacted, refused, going on, the answer redacted,
# and all of it at once.
whole() {
    same "$@"
    asks localhost "$@" hello "use $KEY" "a forbidden-plum" hello \
        "tell the key" "hello+use $KEY+a forbidden-plum+tell the key" >out
    is "$(cut -c1-9 out | sed -n '3p;8p' | paste -sd,)" 'error 403,error 403'
    is "$(sed '3d;8d' out)" "said Hello to you.
said It came redacted.
said Hello to you.
said The key is $PLACEHOLDER, keep it safe.
said Hello to you.
said It came redacted.
said The key is $PLACEHOLDER, keep it safe."
    no_secret_of_ours
}

@test "openai: chat completions" {
    whole openai
    whole openai -s
}

@test "openai: responses" {
    whole openai-responses
    whole openai-responses -s
}

@test "@anthropic-ai/sdk" {
    whole anthropic
    whole anthropic -s
}

@test "@google/genai" {
    whole genai
    whole genai -s
}

@test "ollama" {
    whole ollama
    whole ollama -s
}

@test "ai, with @ai-sdk/openai" {
    whole ai
    whole ai -s
}

@test "ollama and openai, over plain HTTP" {
    local sdk
    for sdk in ollama openai; do
        plainly "$sdk"
        plainly "$sdk" -s
    done
}

# Its requests are signed with their body: an edited one would be refused.
@test "@aws-sdk/client-bedrock-runtime" {
    same bedrock
    asks localhost bedrock hello "use $KEY" "a forbidden-plum" hello \
        "tell the key" >out
    is "$(cut -c1-9 out | sed -n '2,3p' | paste -sd,)" 'error 403,error 403'
    is "$(audit_field 1 condition)" uneditable
    is "$(sed '2,3d' out)" "said Hello to you.
said Hello to you.
said The key is $PLACEHOLDER, keep it safe."
    no_secret_of_ours
}

@test "bedrock streams are no text: told in the audit, or refused" {
    same bedrock -s
    asks localhost bedrock -s "tell the key" >out
    is "$(audit_field 0 condition)" response_unknown
    policy_write strict.yaml 'on_failure: {response_unknown: block}'
    POLICY=strict.yaml asks localhost bedrock -s "tell the key" >out
    has out error
    hasnt out "$KEY"
    no_secret_of_ours
}
