#!/usr/bin/env bats
# The program's own secrets: whatever they look like, wherever they come from,
# and however they are written, none of them leaves in a text; where a credential
# belongs, it stays.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    POLICY=$BATS_TEST_TMPDIR/own.yaml
    {
        printf 'include: [packs/own-secrets.yaml]\nhosts:\n'
        printf -- '  - localhost:%s\nown_secrets:\n' "$PORT"
        printf '  files: [~/.aws/credentials, .env, ~/.netrc, ~/key.pem]\n'
    } >"$POLICY"
    # Made up, and of no provider's shape.
    export WEATHER_TOKEN=q7Kd93-mZp0.x9fJq2Lw8Tn4
    export HOME=$BATS_TEST_TMPDIR
}

chat=/v1/chat/completions
GONE='[redacted:own-secret]'

guarded() { # ARGUMENT... of curl
    shim curl -sS --cacert "$CA" --max-time 60 "$@"
}

# says TEXT... - a request with each of them in a message of its own.
says() {
    "$PYTHON" - "$@" >said.json <<'END'
import json
import sys

json.dump({"model": "m-1", "messages": [
    {"role": "user", "content": text} for text in sys.argv[1:]]}, sys.stdout)
END
    forget_wire
    guarded --json @said.json "$LLM$chat" >out
    has out 'Hello from the test model'
    wire >sent
}

written() { # WAY TEXT
    "$PYTHON" - "$@" <<'END'
import base64
import codecs
import sys
import urllib.parse

way, text = sys.argv[1:]
data = text.encode()
print({
    "raw": lambda: text,
    "reversed": lambda: text[::-1],
    "hex": lambda: data.hex(),
    "HEX": lambda: data.hex(":").upper(),
    "base64": lambda: base64.b64encode(data).decode(),
    "base64+1": lambda: base64.b64encode(b"a" + data + b"bc").decode(),
    "base64+2": lambda: base64.b64encode(b"ab" + data + b"c").decode(),
    "base64url": lambda: base64.urlsafe_b64encode(b"x: " + data).decode(),
    "percent": lambda: "".join("%%%02X" % byte for byte in data),
    "quoted": lambda: urllib.parse.quote(text, safe=""),
    "spaced": lambda: " ".join(text),
    "base32": lambda: base64.b32encode(b"k " + data + b" v").decode().lower(),
    "utf16": lambda: base64.b64encode(text.encode("utf-16-le")).decode(),
    "rot13": lambda: codecs.encode(text, "rot13"),
}[way]())
END
}

ways="raw reversed hex HEX base64 base64+1 base64+2 base64url percent quoted
    spaced base32 utf16 rot13"

@test "a variable's value leaves in none of the ways to write it" {
    local way
    for way in $ways; do
        says "what is $(written "$way" "$WEATHER_TOKEN") for?"
        has sent "$GONE"
        hasnt sent "$(written "$way" "$WEATHER_TOKEN")"
        is "$(audit_field -1 action)" redact
        is "$(audit_field -1 rule)" SP-1990
        is "$(audit_field -1 findings.0.source)" env
        is "$(audit_field -1 findings.0.subject)" WEATHER_TOKEN
    done
    is "$(audit_field 1 findings.0.views)" '["reversed"]'
    is "$(audit_field 4 findings.0.views)" '["base64"]'
    hasnt "$AUDIT" "$WEATHER_TOKEN"
    hasnt "$AUDIT" "$(written base64 "$WEATHER_TOKEN")"
}

@test "decoded on the way: escapes, entities, quoted-printable, gzip, twice" {
    local text
    "$PYTHON" - "$WEATHER_TOKEN" >texts <<'END'
import base64
import gzip
import html
import sys
import urllib.parse

text = sys.argv[1]
data = text.encode()
once = base64.b64encode(data)
print("".join("\\u%04x" % byte for byte in data))
print("".join("\\x%02x" % byte for byte in data))
print("".join("\\%03o" % byte for byte in data))
print(", ".join("0x%02x" % byte for byte in data))
print("".join("&#%d;" % byte for byte in data))
print("".join("=%02X" % byte for byte in data))
print(urllib.parse.quote("".join("%%%02X" % byte for byte in data)))
print(base64.b64encode(once).decode())
print(once.hex())
print(base64.b64encode(gzip.compress(b"it is " + data + b", see")).decode())
print("".join(chr(ord(c) + 0xfee0) for c in text))
print("-".join(text))
print(text.swapcase())
END
    while IFS= read -r text; do
        says "what is $text for?"
        hasnt sent "$text"
        has sent "for?"
        is "$(audit_field -1 findings.0.subject)" WEATHER_TOKEN
    done <texts
}

@test "cut over messages, in every place, and over many" {
    local n
    for n in 1 5 10 18 23; do
        says "first: ${WEATHER_TOKEN:0:n}" "${WEATHER_TOKEN:n}, and so on"
        has sent "first: $GONE"
        hasnt sent "${WEATHER_TOKEN:0:n}\""
        has sent "\"$GONE, and so on"
        is "$(audit_field -1 action)" redact
    done
    # shellcheck disable=SC2046
    says $(grep -o ... <<<"$WEATHER_TOKEN")
    hasnt sent q7K
    hasnt sent x9f
    says "$(written base64 "$WEATHER_TOKEN" | head -c 17)" \
        "$(written base64 "$WEATHER_TOKEN" | tail -c +18)"
    has sent "$GONE"
    hasnt sent "$(written base64 "$WEATHER_TOKEN" | head -c 17)"
}

@test "what everybody has in the environment is said freely" {
    export API_URL=https://api.example.com/v1/models BUILD=2026-11-27T05:48:27
    export TOKEN_TYPE=authorization_code KEY_FILE=/etc/ssl/private/key.pem
    export PASSWORD=password API_KEY=your-api-key-here
    says "PATH is $PATH and HOME $HOME, $API_URL, $BUILD" \
        "$TOKEN_TYPE $KEY_FILE $PASSWORD $API_KEY $USER $PWD"
    hasnt sent "$GONE"
    is "$(audit_field -1 action)" pass
}

@test "ids and models that a request is made with stay in it" {
    export OPENAI_ASSISTANT_ID=asst_Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1
    export VECTOR_STORE=vs_Kz4Qm8Wj2Tn6Bv9Xs3Rd7Hf1
    export TOKENIZER=meta-llama/Llama-3.1-8B-Instruct
    printf '{"model": "%s", "assistant_id": "%s", "tools": [{"type": "%s",
        "vector_store_ids": ["%s"]}], "input": "hello"}' "$TOKENIZER" \
        "$OPENAI_ASSISTANT_ID" file_search "$VECTOR_STORE" >ids.json
    guarded --json @ids.json "$LLM/v1/responses" >out
    wire >sent
    hasnt sent "$GONE"
    has sent "$OPENAI_ASSISTANT_ID"
    is "$(audit_field -1 action)" pass
}

@test "secrets of files: AWS, .env, netrc, a private key" {
    mkdir -p .aws
    printf '[default]\naws_access_key_id = AKID\naws_secret_access_key = %s\n' \
        'Kz4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5YcUeIoAr2G' >.aws/credentials
    printf 'DB=postgres://bob:p4s-S%%24Kd93mZp@db/x\nexport S3_SECRET="%s"\n' \
        'x9fJq2Lw8Tn4-Vb6Yc1' >.env
    printf 'machine a.example login me password Hd3Gk5Ps7-zz1\n' >.netrc
    openssl genpkey -algorithm RSA -out key.pem 2>/dev/null
    says "Kz4+Qm8Wj2/Tn6Bv9+Xs3Rd7Hf1Lp5YcUeIoAr2G" \
        'bob has p4s-S$Kd93mZp at db' 'x9fJq2Lw8Tn4-Vb6Yc1' 'Hd3Gk5Ps7-zz1' \
        "$(sed -n 3,20p key.pem)"
    hasnt sent Kz4+Qm8Wj2
    hasnt sent Kd93mZp
    hasnt sent x9fJq2Lw8Tn4
    hasnt sent Hd3Gk5Ps7
    hasnt sent "$(sed -n 5p key.pem)"
    has sent 'bob has'
    has sent 'at db'
}

@test "a file that cannot be read is said once, and nothing is stopped" {
    mkdir .netrc
    says "hello"
    is "$(grep -c '"unreadable":\["~/.netrc"\]' "$AUDIT")" 1
    hasnt sent "$GONE"
}

@test "the credential in the head passes, and in a body it does not" {
    local secret=Tz8-pQ4vN1-cM6xW3kR9
    prompt own.json "my key is $secret, mind it"
    guarded --json @hello.json -H "Authorization: Bearer $secret" "$LLM$chat" \
        --next -sS --cacert "$CA" --json @own.json -H "x-api-key: $secret" \
        "$LLM$chat" --next -sS --cacert "$CA" --json @own.json "$LLM$chat" >out
    wire >sent
    has sent "Authorization: Bearer $secret"
    has sent "x-api-key: $secret"
    is "$(grep -aoF "$secret" sent | wc -l)" 2
    is "$(grep -aoF "my key is $GONE, mind it" sent | wc -l)" 2
    hasnt "$AUDIT" "$secret"
}

@test "a credential of the head is known in parts too" {
    local secret=Tz8pQ4vN1cM6xW3kR9Lf2Hd5
    printf '{"model":"m","messages":[{"role":"user","content":"ends: %s"},
        {"role":"user","content":"begins: %s"}]}' "${secret:11}" \
        "${secret:0:11}" >parts.json
    guarded --json @parts.json -H "Authorization: Bearer $secret" "$LLM$chat" \
        >out
    wire >sent
    has sent "Authorization: Bearer $secret"
    has sent "ends: $GONE"
    has sent "begins: $GONE"
    is "$(audit_field -1 findings.0.source)" auth
    is "$(audit_field -1 findings.0.subject)" authorization
    hasnt "$AUDIT" "${secret:11}"
}

@test "the password of Basic authentication" {
    prompt own.json "the word is Gx7-kM2rQ9-wP4"
    guarded --json @own.json -u "me:Gx7-kM2rQ9-wP4" "$LLM$chat" >out
    wire >sent
    has sent "the word is $GONE"
    has sent "Authorization: Basic "
}

@test "an uploaded file, and one in base64" {
    local coded
    printf 'notes: %s.\n' "$WEATHER_TOKEN" >notes.txt
    guarded -F purpose=user_data -F "file=@notes.txt;type=text/plain" \
        "$LLM/v1/files" >out
    wire >sent
    has sent "notes: $GONE."
    hasnt sent "$WEATHER_TOKEN"
    coded=$(base64 -w0 notes.txt)
    printf '{"model":"m","messages":[{"role":"user","content":[{"type":"file",
        "file":{"filename":"n.txt","file_data":"data:text/plain;base64,%s"}}]}]}' \
        "$coded" >file.json
    forget_wire
    guarded --json @file.json "$LLM$chat" >out
    wire >sent
    hasnt sent "$coded"
    is "$(audit_field -1 rule)" SP-1990
}

@test "a message of a WebSocket" {
    talks_start
    sed -i "s/^hosts:/&\n  - localhost:$TALK_PORT/" "$POLICY"
    {
        echo '?session.created'
        item "Why is $WEATHER_TOKEN refused?"
        echo '?conversation.item.created'
        echo '{"type":"response.create"}'
        echo '?response.done'
    } >talk.txt
    shim timeout 60 perl "$CLIENTS/talk.pl" "$CA" \
        "wss://localhost:$TALK_PORT/v1/realtime" talk.txt >out
    has "$TALKS/said" "Why is $GONE refused?"
    hasnt "$TALKS/said" "$WEATHER_TOKEN"
}

# told WAY DELTA [TOOL] - what a program reads of a streamed answer which says
# the token so, in pieces of so many characters.
told() {
    printf '{"model":"m","stream":true,"messages":[{"role":"user",
        "content":"It is %s, see."}]}' "$(written "$1" "$WEATHER_TOKEN")" \
        >say.json
    guarded -N --json @say.json \
        "$LLM$chat?say=user&delta=$2${3:+&as=tool}" >out
    said out
}

@test "a streamed answer, wherever it is cut, in text and in a tool's arguments" {
    local way delta
    # The model must hear it first.
    echo 'exclude: [{id: SP-1990, reason: the model is asked to say it}]' \
        >>"$POLICY"
    for way in $ways; do
        for delta in 1 2 3 5 8 30; do
            told "$way" $delta >text
            has text "It is "
            has text "$GONE"
            has text ", see."
            hasnt text "$(written "$way" "$WEATHER_TOKEN" | cut -c 5-12)"
        done
    done
    for delta in 1 4 9; do
        is "$(told raw $delta)" "It is $GONE, see."
        is "$(told raw $delta tool)" \
            "{\"note\": \"It is $GONE, see.\", \"list\": [\"It is $GONE, see.\"]}"
    done
    is "$(audit_field -1 rule)" SP-1991
    is "$(audit_field -1 findings.0.subject)" WEATHER_TOKEN
    hasnt "$AUDIT" "$WEATHER_TOKEN"
}

@test "an answer that is not streamed" {
    echo 'exclude: [{id: SP-1990, reason: the model is asked to say it}]' \
        >>"$POLICY"
    prompt own.json "It is $(written base64 "$WEATHER_TOKEN")"
    guarded --json @own.json "$LLM$chat?say=user" >out
    has out "$GONE"
    is "$(audit_field -1 rule)" SP-1991
}

@test "ordinary variables raise nothing in harmless texts" {
    local data=${SALLYPORT_DATA:-$ROOT/../shared/data}/injection_benign.jsonl.gz
    [ -e "$data" ] || skip "no data in $data (SALLYPORT_DATA)"
    zcat "$data" | "$PYTHON" -c 'import json, sys
for line in sys.stdin:
    print(json.dumps({"text": json.loads(line)["text"]}))' >texts.jsonl
    printf '{"text": "it is %s"}\n' "$WEATHER_TOKEN" >>texts.jsonl
    # shellcheck disable=SC2016 # as it stands in many files
    env NODE_ENV=development DEBUG=true LOG_LEVEL=information \
        AWS_REGION=us-east-1 AWS_PROFILE=development-account \
        DATABASE_URL=postgres://postgres:postgres@localhost:5432/postgres \
        API_BASE_URL=https://api.openai.com/v1 OPENAI_API_KEY=your-api-key-here \
        OPENAI_MODEL=gpt-4o-mini-2024-07-18 DB_PASSWORD=password \
        DB_HOST=database.internal.example.com SECRET_NAME=django-secret-key \
        AUTH_PROVIDER=google-oauth2-provider KEY_FILE=/etc/ssl/server.key \
        GIT_AUTHOR_NAME='Jane Miller' GITHUB_REPOSITORY=octocat/hello-world \
        CI_COMMIT_REF_NAME=feature/add-authentication TOKEN_LIMIT=100000000000 \
        API_TOKEN='${API_TOKEN}' PASSWORD=administrator \
        ADMIN_PASSWORD=customer-support-Agent-2026 \
        SECRET_PHRASE=MyAppProductionDatabase1 DEPLOY_KEY=getUserById2Tools \
        APP_SECRET=the-quick-brown-fox-jumps-42 \
        ACCESS_KEY=0f3a91c7d25e8b64a1f09c3d7e2b5846 \
        "$SALLYPORT" scan --rules "$POLICY" --jsonl texts.jsonl >out
    is "$(grep -c '"redact"' out)" 1
    tail -n 1 out >last
    has last "$GONE"
}

@test "scan and replay look for what stands in their own environment" {
    printf 'my token: %s.' "$(written base64 "$WEATHER_TOKEN")" >text
    "$SALLYPORT" scan --rules "$POLICY" text >out || true
    is "$(head -n 1 out)" \
        "text:1:11: SP-1990 own-secret (secret, critical): redact"
    WEATHER_TOKEN='' "$SALLYPORT" scan --rules "$POLICY" text >out
    is "$(cat out)" 'text: pass, nothing is found'
    prompt own.json "it is $WEATHER_TOKEN"
    {
        printf 'POST %s HTTP/1.1\r\nHost: api.openai.com\r\n' "$chat"
        printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n' \
            "$(stat -c %s own.json)"
        cat own.json
    } >request
    "$SALLYPORT" replay --rules "$POLICY" --request request --out out.d >line
    has line '"subject":"WEATHER_TOKEN"'
    has out.d/net.bin "it is $GONE"
}

@test "the key of a query passes, and in a body it does not" {
    local secret=Wd5-jY2bF7-hK0sL4gZ6
    prompt own.json "my key is $secret, mind it"
    guarded --json @own.json "$LLM$chat?key=$secret" >out
    wire >sent
    has sent "?key=$secret"
    has sent "my key is $GONE, mind it"
}

@test "files of a directory, and those that variables name" {
    mkdir -p creds/..data secrets/deep
    printf 'Lp5YcUe-Rd7Hf1x9fJq2' >creds/..data/api
    ln -s ..data/api creds/api
    printf 'DB_PASSWORD=Tn6Bv9-Xs3mZp0Kd93\n' >secrets/db.env
    printf 'Vb6Yc1-Hd3Gk5Ps7zQ2w\n' >secrets/.hidden
    mkfifo secrets/pipe
    printf '{"refresh_token": "1//Kz4Qm8Wj2Tn6Bv9Xs3Rd7"}' >adc.json
    printf '  files: [%s]\n' '$CREDENTIALS_DIRECTORY/, secrets/, none/, $ADC,
        $UNSET/x, $UNSET' >>"$POLICY"
    sed -i '0,/files:/{/files:/d}' "$POLICY"
    export CREDENTIALS_DIRECTORY=$PWD/creds ADC=$PWD/adc.json
    says 'Lp5YcUe-Rd7Hf1x9fJq2' 'Tn6Bv9-Xs3mZp0Kd93' '1//Kz4Qm8Wj2Tn6Bv9Xs3Rd7' \
        'Vb6Yc1-Hd3Gk5Ps7zQ2w'
    is "$(grep -aoF "$GONE" sent | wc -l)" 3
    has sent Vb6Yc1-Hd3Gk5Ps7zQ2w
    is "$(audit_field -1 findings.0.subject)" '$CREDENTIALS_DIRECTORY/api'
    is "$(audit_field -1 findings.1.subject)" secrets/db.env
    hasnt "$AUDIT" '"unreadable"'
}

@test "of many tokens the last are known, and it is said that one was forgotten" {
    local i
    prompt own.json "it is Tz8-pQ4vN1-cM6xW3kR9-7, Tz8-pQ4vN1-cM6xW3kR9-299"
    for i in $(seq 299); do
        printf 'url = "%s"\nheader = "x-api-key: Tz8-pQ4vN1-cM6xW3kR9-%d"\n' \
            "$LLM$chat" "$i"
        printf 'json = "@%s"\noutput = out\nnext\n' own.json
        printf 'silent\nshow-error\ncacert = "%s"\n' "$CA"
    done >many
    printf 'url = "%s"\njson = "@own.json"\noutput = out\n' "$LLM$chat" >>many
    guarded -o out -K many "$LLM$chat"
    is "$(grep -c '"forgotten":true' "$AUDIT")" 1
    forget_wire
    is "$(audit_field -1 findings.0.subject)" x-api-key
    is "$(audit_field -1 action)" redact
    hasnt "$AUDIT" Tz8-pQ4vN1
}

@test "in parts: the second half first, three in any order, each in its own way" {
    local first=${WEATHER_TOKEN:0:13} second=${WEATHER_TOKEN:13}
    export LONG_KEY=x9fJq2Lw8Tn4Vb6Yc1Hd3Gk5Ps7q7Kd93mZp0
    says "it ends with $second, I think" "and begins with $first."
    has sent "it ends with $GONE, I think"
    has sent "and begins with $GONE."
    is "$(audit_field -1 findings.0.subject)" WEATHER_TOKEN
    says "it ends with $(written base64 "$second"), I think" 'what else?' \
        "and begins with $(written reversed "$first")."
    hasnt sent "$(written base64 "$second" | head -c 12)"
    hasnt sent "$(written reversed "$first")"
    says "b: ${LONG_KEY:13:12}" "c: $(written hex "${LONG_KEY:25}")" \
        "a: ${LONG_KEY:0:13}"
    has sent "b: $GONE"
    has sent "c: $GONE"
    has sent "a: $GONE"
    is "$(audit_field -1 findings.0.subject)" LONG_KEY
    hasnt "$AUDIT" "$second"
    # all of it over two texts, and in parts again; but for a letter
    says "a: ${LONG_KEY:0:20}" "${LONG_KEY:20}" "b: ${LONG_KEY:19}" 'so' \
        "c: ${LONG_KEY:0:19}" "d: ${LONG_KEY:0:37}"
    has sent "b: $GONE"
    has sent "c: $GONE"
    has sent "d: $GONE"
    hasnt sent "${LONG_KEY:0:12}"
    # within one text
    says "a ${LONG_KEY:18} and before it ${LONG_KEY:0:18} of course"
    has sent "a $GONE and before it $GONE of course"
}

@test "in parts over several requests: the part that completes it does not leave" {
    local first=${WEATHER_TOKEN:0:13} second=${WEATHER_TOKEN:13}
    prompt one.json "it ends with $second, I think"
    prompt two.json "and begins with $(written hex "$first")."
    guarded --json @one.json "$LLM$chat" --next -sS --cacert "$CA" \
        --json @hello.json "$LLM$chat" --next -sS --cacert "$CA" \
        --json @two.json "$LLM$chat" --next -sS --cacert "$CA" \
        --json @one.json "$LLM$chat" >out
    wire >sent
    is "$(grep -aoF "it ends with $second, I think" sent | wc -l)" 2
    has sent "and begins with $GONE."
    is "$(audit_field 2 findings.0.subject)" WEATHER_TOKEN
    is "$(audit_field 3 action)" pass
    hasnt "$AUDIT" "$second"
}

@test "in parts of a form, of a text, of an upload: the last does not leave" {
    local first=${WEATHER_TOKEN:0:13} second=${WEATHER_TOKEN:13}
    printf 'it ends with %s, and begins with %s.' "$second" "$first" >text
    guarded -H 'Content-Type: text/plain' --data-binary @text "$LLM/echo" >out
    wire >sent
    has sent "it ends with $GONE, and begins with $GONE."
    is "$(audit_field -1 findings.0.subject)" WEATHER_TOKEN
    forget_wire
    guarded --data-urlencode "a=ends with $second" \
        --data-urlencode "b=begins with $first" "$LLM/echo" >out
    is "$(audit_field -1 action)" block
    is "$(audit_field -1 findings.0.subject)" WEATHER_TOKEN
    forget_wire
    printf 'it ends with %s' "$second" >one.txt
    printf 'it begins with %s' "$first" >two.txt
    guarded -F purpose=user_data -F 'file=@one.txt;type=text/plain' \
        -F 'more=@two.txt;type=text/plain' "$LLM/v1/files" >out
    wire >sent
    has sent "it begins with $GONE"
    hasnt sent "$first"
    hasnt "$AUDIT" "$second"
}
