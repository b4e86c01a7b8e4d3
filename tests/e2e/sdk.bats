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
    export PORT SERVER_DIR=$dir NODE_EXTRA_CA_CERTS=$BATS_FILE_TMPDIR/certs/ca.pem
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
  {"match": {"userMessage": "tell the word"},
   "response": {"content": "The word for it is forbidden-plum, and that is all."}},
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
        "https://$host:$PORT" "${@:2}"
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

@test "@mistralai/mistralai" {
    whole mistral
    whole mistral -s
}

@test "cohere-ai" {
    whole cohere
    whole cohere -s
}

@test "ai, with @ai-sdk/openai" {
    whole ai
    whole ai -s
}

@test "ai, with @ai-sdk/anthropic and @ai-sdk/google" {
    whole ai-anthropic
    whole ai-anthropic -s
    whole ai-google
    whole ai-google -s
}

# typed SDK NAME - a blocked request raises the SDK's own exception, and the SDK
# does not ask again, though it may.
typed() {
    : >"$AUDIT"
    asks localhost "$1" -r "a forbidden-plum" >out
    has out "error 403 $2 "
    is "$(grep -c . "$AUDIT")" 1
}

@test "a blocked request raises each SDK's own exception, after one attempt" {
    typed openai PermissionDeniedError
    typed openai-responses PermissionDeniedError
    typed anthropic PermissionDeniedError
    typed genai ApiError
    typed ollama ResponseError
    typed mistral SDKError
    typed cohere ForbiddenError
    typed ai AI_APICallError
    typed ai-anthropic AI_APICallError
    typed ai-google AI_APICallError
}

# As at its own host: the error has the shape that its API has.
@test "a host that a policy gives to a vendor answers as the vendor does" {
    local plain=$BATS_TEST_TMPDIR/plain.yaml
    policy_write "$plain"
    POLICY=$BATS_TEST_TMPDIR/mistral.yaml
    sed "s/  - localhost:$PORT/  - {host: \"localhost:$PORT\", provider: mistral}/" \
        "$plain" >"$POLICY"
    typed mistral SDKError
    has out '"object":"error"'
    is "$(audit_field 0 gen_ai.system)" mistral_ai
}

# broken SDK - a stream that is blocked in its midst ends, and what was said
# before has arrived.
broken() {
    asks localhost "$1" -s "tell the word" >out
    has out "The word for it is "
    hasnt out forbidden-plum
    has out "$2"
}

@test "a stream that is blocked in its midst ends without a hang" {
    broken openai error
    broken openai-responses error
    broken anthropic error
    broken genai error
    broken ollama error
    broken mistral error
    broken ai error
    broken ai-anthropic error
    broken ai-google error
    broken cohere "said The word" # which looks at no error in a stream
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
