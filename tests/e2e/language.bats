#!/usr/bin/env bats
# The rule language with real programs: where rules apply, and what is excluded.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
    POLICY=$PWD/p.yaml
}

chat=/v1/chat/completions

# policy WHEN [LINE...] - one rule, that a word is redacted, and more lines.
policy() {
    local when=$1
    shift
    printf '%s\n' "hosts: [\"localhost:$PORT\"]" 'rules:' \
        "  - {id: SP-9011, name: plum, category: policy, keywords: [greengage]," \
        "     match: greengage, action: redact, $when" \
        '     tests: {hit: [greengage], miss: [plum]}}' "$@" >"$POLICY"
}

say() { # PROGRAM... that gets URL and body
    "$@" "$LLM$chat" '{"messages":[{"role":"user","content":"a greengage"}],"model":"m-1"}'
}

by_curl() {
    shim curl -sS --cacert "$CA" --max-time 60 --json "$2" "$1"
}

by_python() {
    shim "$PYTHON" -c 'import ssl, sys, urllib.request as u
c = ssl.create_default_context(cafile=sys.argv[1])
q = u.Request(sys.argv[2], sys.argv[3].encode(), {"Content-Type": "application/json"})
u.urlopen(q, context=c).read()' "$CA" "$1" "$2"
}

redacted() {
    wire >sent
    hasnt sent greengage
    has sent '[redacted:plum]'
    forget_wire
}

passed() {
    wire >sent
    has sent greengage
    forget_wire
}

@test "when exe: the rule is for one program, not for the other" {
    policy 'when: {exe: "*/curl"},'
    say by_curl >/dev/null
    redacted
    say by_python >/dev/null
    passed
}

@test "when uid and cgroup: those of the process" {
    local group
    policy "when: {uid: [$(id -u)]},"
    say by_curl >/dev/null
    redacted
    policy 'when: {uid: nobody},'
    say by_curl >/dev/null
    [ "$(id -un)" = nobody ] || passed
    group=$(sed -n 's/^0:://p' /proc/self/cgroup)
    if [ -n "$group" ]; then
        policy "when: {cgroup: \"$group\"},"
        say by_curl >/dev/null
        redacted
        policy 'when: {cgroup: /no/such/group},'
        say by_curl >/dev/null
        passed
    fi
}

@test "when model and path, an exclusion by value, and one that has expired" {
    policy 'when: {model: "m-*", path: "/v1/chat/*"},'
    say by_curl >/dev/null
    redacted
    policy 'when: {model: "n-*"},'
    say by_curl >/dev/null
    passed
    policy '' 'exclude: [{id: SP-9011, value: "^green", reason: "a test"}]'
    say by_curl >/dev/null
    passed
    policy '' 'exclude: [{id: SP-9011, reason: "a test", expires: 2020-01-31}]'
    say by_curl >/dev/null
    redacted
    policy '' 'exclude: [{id: SP-9011, reason: "a test", expires: 9999-01-31}]'
    say by_curl >/dev/null
    passed
}

@test "an exclusion by hash: the one value, and the policy does not hold it" {
    printf %s greengage-7 >value
    "$SALLYPORT" hash <value >hash
    [[ $(<hash) =~ ^[0-9a-f]{64}$ ]]
    printf '%s\n' greengage-7 | "$SALLYPORT" hash >other
    ! cmp hash other # another salt, and the line end does not count
    for file in hash other; do
        printf '%s\n' 'rules:' \
            '  - {id: SP-9011, name: plum, category: policy, keywords: [greengage],' \
            "     match: 'greengage-[0-9]', action: redact," \
            '     tests: {hit: [greengage-1], miss: [plum]}}' \
            "exclude: [{id: SP-9011, hash: $(<$file), reason: a plum of ours}]" >"$POLICY"
        hasnt "$POLICY" greengage-7
        "$SALLYPORT" check "$POLICY"
        "$SALLYPORT" scan --rules "$POLICY" <value
        run "$SALLYPORT" scan --rules "$POLICY" <<<'greengage-7 and greengage-8'
        [ "$status" -eq 1 ]
        [[ $output == *1:17:* && $output != *1:1:* ]]
        "$SALLYPORT" explain --rules "$POLICY" SP-9011 >told
        has told 'one value, known by its hash'
    done
}

@test "hash takes a value from stdin alone, and has to get one" {
    run "$SALLYPORT" hash greengage-7
    [ "$status" -eq 2 ]
    [[ $output == *"comes by stdin"* && $output != *greengage* ]]
    run "$SALLYPORT" hash </dev/null
    [ "$status" -eq 2 ]
    run "$SALLYPORT" hash <<<''
    [ "$status" -eq 2 ]
}

@test "near and unless" {
    policy 'near: {words: [ripe], within: 40}, unless: {words: [never]},'
    sed -i 's/hit: \[greengage\]/hit: ["a ripe greengage"]/' "$POLICY"
    "$SALLYPORT" check "$POLICY"
    say by_curl >/dev/null
    passed
    by_curl "$LLM$chat" '{"messages":[{"role":"user","content":"a ripe greengage"}]}' >/dev/null
    redacted
    by_curl "$LLM$chat" '{"messages":[{"role":"user","content":"never a ripe greengage"}]}' >/dev/null
    passed
}

@test "scan and replay are told what rules ask about" {
    policy 'when: {model: "m-*", exe: "*/curl", host: "*.example"},'
    echo 'a greengage' >text
    run "$SALLYPORT" scan --rules "$POLICY" text
    [ "$status" -eq 1 ] # what is not said is held against the text
    run "$SALLYPORT" scan --rules "$POLICY" --host a.example --model M-1 \
        --exe /bin/curl text
    [ "$status" -eq 1 ]
    run "$SALLYPORT" scan --rules "$POLICY" --host a.test text
    [ "$status" -eq 0 ]
    run "$SALLYPORT" scan --rules "$POLICY" --model n text
    [ "$status" -eq 0 ]
    policy 'when: {exe: "*/curl"},'
    printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:%s\r\nContent-Length: 54\r\nContent-Type: application/json\r\n\r\n{"messages":[{"role":"user","content":"a greengage"}]}' "$PORT" |
        cat >request
    "$SALLYPORT" replay --rules "$POLICY" --exe /bin/curl --request request >out
    has out '"action":"redact"'
    "$SALLYPORT" replay --rules "$POLICY" --exe /bin/wget --request request >out
    has out '"action":"pass"'
}
