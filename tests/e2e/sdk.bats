#!/usr/bin/env bats
# The SDKs of model providers on an official Node, whose OpenSSL is a part of
# the program. The server is aimock, and where that does not speak as the service
# does a small one of our own, behind nginx for TLS; what reached them, they tell
# by their answers.

load ../lib/e2e

setup_file() {
    local dir=$BATS_FILE_TMPDIR/front behind chunks
    export NODE=$NPM/node22/bin/node
    [ -x "$NODE" ] && [ -e "$NPM/@copilotkit/aimock/package.json" ] ||
        skip "build/npm is not there"
    "$ROOT/tests/lib/certs.sh" "$BATS_FILE_TMPDIR/certs" >&2
    mkdir -p "$dir"
    behind=$(free_port)
    chunks=$(free_port)
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
  {"match": {"userMessage": "tell the plum"},
   "response": {"content": "What is on sale in this place is the forbidden-plum alone, and so on, and so on."}},
  {"match": {"userMessage": "tell the word"},
   "response": {"content": "The word for it is forbidden-plum, and that is all."}},
  {"match": {"userMessage": "hello"},
   "response": {"content": "Hello to you."}}
]}
END
    "$NODE" "$NPM/@copilotkit/aimock/dist/cli.js" -p "$behind" \
        -f "$dir/answers.json" --log-level warn >"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    "$PYTHON" "$ROOT/tests/lib/chunkserver.py" "$chunks" \
        "$dir/answers.json" >>"$dir/out" 2>&1 3>&- &
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
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_set_header Host \$http_host;
        location / {
            proxy_pass http://127.0.0.1:$behind;
        }
        location ~ ^/array/|/(invoke-with-response-stream|count-tokens)\$ {
            proxy_pass http://127.0.0.1:$chunks;
        }
    }
}
END
    nginx -c "$dir/conf" -p "$dir" >>"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$behind"
    waits_for "$chunks"
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

@test "ollama and openai, over plain HTTP" {
    local sdk
    for sdk in ollama openai; do
        plainly "$sdk"
        plainly "$sdk" -s
    done
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

# bedrock HOST [-b] OPERATION TEXT... - under the shim.
bedrock() {
    local host=$1
    shift
    shim timeout 60 "$NODE" "$CLIENTS/bedrock.mjs" "$NPM" \
        "https://$host:$PORT" "$@"
}

@test "bedrock: a host that is not watched, with and without the shim" {
    local way
    for way in converse stream invoke chunks "-b stream"; do
        # shellcheck disable=SC2086 # the flag and its operation
        timeout 60 "$NODE" "$CLIENTS/bedrock.mjs" "$NPM" \
            "https://127.0.0.2:$PORT" $way hello "tell the key" >bare.out
        is "$(cat bare.out)" "said Hello to you.
said The key is $KEY, keep it safe."
        # shellcheck disable=SC2086
        bedrock 127.0.0.2 $way hello "tell the key" >shim.out
        cmp bare.out shim.out
    done
}

@test "bedrock: answers are redacted, streamed or not" {
    local way
    for way in converse stream invoke chunks; do
        bedrock localhost $way hello "tell the key" >out
        is "$(cat out)" "said Hello to you.
said The key is $PLACEHOLDER, keep it safe."
    done
    is "$(audit_field 3 stream)" true
    is "$(audit_field 3 route)" bedrock
    is "$(audit_field 7 route)" bedrock-invoke
    no_secret_of_ours
}

@test "bedrock: a refused request raises the SDK's exception, after one attempt" {
    local way
    for way in converse stream invoke chunks count; do
        bedrock localhost $way "a forbidden-plum" >out
        has out "error AccessDeniedException 403 attempts=1 said=[] Blocked"
        has out "(rule SP-9001, exchange sp-"
    done
    is "$(wc -l <"$AUDIT")" 5
}

@test "bedrock: signed requests are not edited, those with an API key are" {
    bedrock localhost stream "use $KEY" hello >out
    has out "error AccessDeniedException 403 attempts=1 said=[] Blocked"
    has out "said Hello to you."
    is "$(audit_field 0 condition)" uneditable
    bedrock localhost -b stream "use $KEY" >out
    is "$(cat out)" "said It came redacted."
    bedrock localhost -b chunks "use $KEY" >out
    is "$(cat out)" "said It came redacted."
    bedrock localhost -b count "use $PLACEHOLDER" "use $KEY" >out
    is "$(sort -u out | wc -l)" 1
    is "$(audit_field 5 action)" redact
    no_secret_of_ours
}

@test "bedrock: a stream that is blocked on its way ends in an exception" {
    local way
    for way in stream chunks; do
        bedrock localhost $way "tell the plum" hello >out
        is "$(cut -d' ' -f1,2 out | paste -sd,)" \
            'error ValidationException,said Hello'
        has out 'said=[What is on sale in this place is the ] Blocked'
        has out "(rule SP-9002, exchange sp-"
    done
    is "$(wc -l <"$AUDIT")" 4
}

# gemini TEXT - without alt=sse, as curl reads it; its texts, one after another.
gemini() {
    shim curl -s --cacert "$NODE_EXTRA_CA_CERTS" -o array.json \
        -H 'Content-Type: application/json' \
        -d "{\"contents\":[{\"parts\":[{\"text\":\"$1\"}]}]}" \
        "https://localhost:$PORT/array/v1beta/models/m-1:streamGenerateContent"
    "$PYTHON" - array.json <<'END'
import json
import sys

for one in json.load(open(sys.argv[1])):
    if "error" in one:
        print("\nerror", one["error"]["message"], end="")
    else:
        print(one["candidates"][0]["content"]["parts"][0]["text"], end="")
END
}

@test "a JSON array that grows: read by curl as it comes" {
    policy_write array.yaml \
        "providers: [$ROOT/tests/vectors/flow/growing.yaml, generic]"
    POLICY=array.yaml
    is "$(gemini hello)" "Hello to you."
    is "$(gemini "use $KEY")" "It came redacted."
    is "$(gemini "tell the key")" "The key is $PLACEHOLDER, keep it safe."
    gemini "tell the plum" >out
    has out 'What is on sale in this place is the '
    has out 'error Blocked by sallyport policy: forbidden-answer'
    hasnt out plum
    is "$(audit_field 2 stream)" true
    no_secret_of_ours
}
