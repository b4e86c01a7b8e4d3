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
    is "$output" "-:1:11: SP-10001 project-bluefin (policy, high): block"
    sallyport compile "$FIRST" -o "$BATS_TEST_TMPDIR/policy.img"
    LD_PRELOAD=$BUILD/libsallyport.so \
        SALLYPORT_POLICY=$BATS_TEST_TMPDIR/policy.img \
        SALLYPORT_AUDIT=$BATS_TEST_TMPDIR/audit.jsonl \
        curl -sS --cacert "$CA" "$PLAIN/get" >"$BATS_TEST_TMPDIR/out"
    grep -qF '"path":"/get"' "$BATS_TEST_TMPDIR/out"
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
