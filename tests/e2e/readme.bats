#!/usr/bin/env bats
# What the README shows works as it is shown.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    PATH=$BUILD:$PATH
    FIRST=rules/examples/first.yaml
    cd "$ROOT" || return 1
}

@test "the first policy is the file of that name" {
    sed -n '/^```yaml$/,/^```$/p' README.md | sed '1d;$d' \
        >"$BATS_TEST_TMPDIR/shown"
    sed '/^#/d' "$FIRST" | sed '1{/^$/d}' >"$BATS_TEST_TMPDIR/file"
    cmp "$BATS_TEST_TMPDIR/shown" "$BATS_TEST_TMPDIR/file"
}

@test "check, scan, compile and the environment" {
    grep -qF "sallyport check $FIRST" README.md
    sallyport check "$FIRST"
    run sallyport scan --rules "$FIRST" <<<'When does Project Bluefin ship?'
    is "$status" 1
    is "${lines[0]}" "-:1:11: SP-10001 project-bluefin (policy, high): block"
    is "${lines[1]}" "-: block, by SP-10001 project-bluefin"
    sallyport compile "$FIRST" -o "$BATS_TEST_TMPDIR/policy.img"
    LD_PRELOAD=$BUILD/libsallyport.so \
        SALLYPORT_POLICY=$BATS_TEST_TMPDIR/policy.img \
        SALLYPORT_AUDIT=$BATS_TEST_TMPDIR/audit.jsonl \
        curl -sS --cacert "$CA" "$PLAIN/get" >"$BATS_TEST_TMPDIR/out"
    grep -qF '"path":"/get"' "$BATS_TEST_TMPDIR/out"
}

@test "commands and options that are shown are those that there are" {
    grep -oE '(^    |`|\| )sallyport [a-z]+[^`#|]*' README.md |
        sed 's/.*sallyport //; s/ -- .*//' >"$BATS_TEST_TMPDIR/shown"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/shown")" -ge 15 ]
    while read -r name rest; do
        sallyport --help | grep -q "^  $name "
        sallyport "$name" --help >"$BATS_TEST_TMPDIR/help"
        for word in $rest; do
            case $word in --*)
                grep -qE -e "(^| |\[)$word( |\]|$)" "$BATS_TEST_TMPDIR/help"
                ;;
            esac
        done
    done <"$BATS_TEST_TMPDIR/shown"
}

@test "a block looks as shown" {
    cat >"$BATS_TEST_TMPDIR/policy.yaml" <<END
include: [examples/first.yaml]
hosts: ["localhost:$PORT"]
END
    sallyport run --rules "$BATS_TEST_TMPDIR/policy.yaml" -- \
        curl -sS --cacert "$CA" -i --json \
        '{"messages":[{"role":"user","content":"project bluefin"}]}' \
        "$LLM/v1/chat/completions" | tr -d '\r' >"$BATS_TEST_TMPDIR/out"
    is "$(head -n 1 "$BATS_TEST_TMPDIR/out")" "HTTP/1.1 403 Forbidden"
    grep -qix 'content-type: application/json' "$BATS_TEST_TMPDIR/out"
    grep -qix 'x-should-retry: false' "$BATS_TEST_TMPDIR/out"
    grep -qF 'Blocked by sallyport policy: project-bluefin (rule SP-10001, ' \
        "$BATS_TEST_TMPDIR/out"
}

@test "the audit goes where it is said" {
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
    local file=$XDG_STATE_HOME/sallyport/audit.jsonl
    cat >"$BATS_TEST_TMPDIR/policy.yaml" <<END
include: [examples/first.yaml]
hosts: ["localhost:$PORT"]
END
    env -u SALLYPORT_AUDIT sallyport run \
        --rules "$BATS_TEST_TMPDIR/policy.yaml" -- \
        curl -sS --cacert "$CA" --json \
        '{"model":"m-1","messages":[{"role":"user","content":"project bluefin"}]}' \
        "$LLM/v1/chat/completions" >"$BATS_TEST_TMPDIR/out"
    is "$(wc -l <"$file")" 1
    AUDIT=$file
    is "$(audit_field 0 gen_ai.request.model)" m-1
    is "$(audit_field 0 findings.0.rule)" SP-10001
    is "$(audit_field 0 findings.0.role)" user
    [ -n "$(audit_field 0 findings.0.fingerprint)" ]
    hasnt "$file" "project bluefin"
}

@test "a broken image: the hosts beside it are blocked" {
    local image=$BATS_TEST_TMPDIR/policy.img
    echo "hosts: [\"localhost:$PORT\"]" >"$BATS_TEST_TMPDIR/policy.yaml"
    sallyport compile "$BATS_TEST_TMPDIR/policy.yaml" -o "$image"
    echo broken >"$image"
    LD_PRELOAD=$BUILD/libsallyport.so SALLYPORT_POLICY=$image \
        curl -sS --cacert "$CA" -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' \
        "$LLM/get" >"$BATS_TEST_TMPDIR/code" 2>"$BATS_TEST_TMPDIR/err"
    is "$(cat "$BATS_TEST_TMPDIR/code")" 403
    LD_PRELOAD=$BUILD/libsallyport.so SALLYPORT_POLICY=$image \
        curl -sS --cacert "$CA" "$PLAIN/get" >"$BATS_TEST_TMPDIR/out"
    grep -qF '"path":"/get"' "$BATS_TEST_TMPDIR/out"
}

# shown KEY - the indented blocks that begin with this key, one file each:
# rules-1.yaml and so on, and the list of customers that one of them reads.
shown() {
    printf 'Falkenberg\nBlue Heron\n' >"$BATS_TEST_TMPDIR/customers.txt"
    awk -v key="    $1:" -v out="$BATS_TEST_TMPDIR/$1-" '
        on && !/^    / { on = 0 }
        !on && index($0, key) == 1 { on = 1; n++ }
        on { print substr($0, 5) >(out n ".yaml") }' README.md
}

@test "policies that are shown are good" {
    shown rules
    shown own_secrets
    is "$(find "$BATS_TEST_TMPDIR" -name '*.yaml' | wc -l)" 4
    rm "$BATS_TEST_TMPDIR/rules-1.yaml" # has an ellipsis
    sallyport check "$BATS_TEST_TMPDIR"/*.yaml
    grep -oE '`(hosts|thresholds|on_failure|alpn|uncovered|pseudonyms|links|canary): [^`]+`' \
        README.md | tr -d '`' >"$BATS_TEST_TMPDIR/lines"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -ge 10 ]
    while read -r line; do
        echo "$line" >"$BATS_TEST_TMPDIR/line.yaml"
        sallyport check "$BATS_TEST_TMPDIR/line.yaml"
    done <"$BATS_TEST_TMPDIR/lines"
}

@test "a list of words as shown is found in what a program says" {
    shown rules
    { echo "hosts: [\"localhost:$PORT\"]"; cat "$BATS_TEST_TMPDIR/rules-3.yaml"; } \
        >"$BATS_TEST_TMPDIR/policy.yaml"
    sallyport run --rules "$BATS_TEST_TMPDIR/policy.yaml" \
        --audit "$AUDIT" -- curl -sS --cacert "$CA" --json \
        '{"messages":[{"role":"user","content":"is BLUE heron with Falkenbergs?"}]}' \
        "$LLM/v1/chat/completions" >"$BATS_TEST_TMPDIR/out"
    is "$(audit_field 0 findings.0.rule)" SP-10002
    is "$(audit_field 0 action)" redact
    is "$(audit_field 0 findings.1)" ""
}
