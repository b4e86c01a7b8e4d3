#!/usr/bin/env bats
# Scores: what no rule decides alone, several in one text do.

load ../lib/e2e

setup_file() {
    server_start
}

teardown_file() {
    servers_stop
}

setup() {
    POLICY=$BATS_TEST_TMPDIR/score.yaml
    score_policy 'thresholds: {request: 10, response: 10}'
    test_begin
}

chat=/v1/chat/completions

guarded() { # ARGUMENT... of curl
    shim curl -sS --cacert "$CA" --max-time 60 "$@"
}

# score_policy [LINE...] - rules that only score, with more lines.
score_policy() {
    {
        printf "%s\n" "hosts: [\"localhost:$PORT\"]" "$@"
        cat <<'END'
defaults: {category: policy, on: both, in: [user, tool, assistant]}
rules:
  - id: SP-9011
    name: first-sign
    keywords: [some words]
    match: '(?i)some words'
    action: score
    score: 5
  - id: SP-9012
    name: second-sign
    keywords: [forbidden-plum]
    match: '(?i)forbidden-plum'
    action: score
    severity: critical
  - id: SP-9013
    name: third-sign
    keywords: [nowhere]
    match: 'nowhere'
    action: score
    paranoia: 2
END
    } >"$POLICY"
}

@test "two signs in one text block it, and both are named" {
    prompt both.json "Some words of the forbidden-plum, some words more."
    guarded -w '%{http_code}' --json @both.json "$LLM$chat" >out
    is "$(tail -c 3 out)" 403
    has out "an anomaly score of 10: SP-9011 first-sign, SP-9012 second-sign"
    has out "rule score"
    is "$(wire | wc -c)" 0
    journal >log
    is "$(jq -c '[.action, .rule, ."score.request", .scored_by,
        [.findings[].score]]' "$AUDIT")" \
        '["block","score",10,["SP-9011","SP-9012"],[5,5,null]]'
}

@test "one sign alone is logged, however often it is seen" {
    prompt one.json "Some words, some words, some words."
    guarded -w '%{http_code}' --json @one.json "$LLM$chat" >out
    is "$(tail -c 3 out)" 200
    wire >sent
    has sent "Some words, some words"
    is "$(jq -c '[.action, .rule, ."score.request", .scored_by]' "$AUDIT")" \
        '["log","score",5,["SP-9011"]]'
}

@test "signs in two texts of a request are not added up" {
    printf '%s' '{"model":"m-1","messages":[{"role":"user","content":' \
        '"some words"},{"role":"user","content":"forbidden-plum"}]}' >two.json
    guarded -w '%{http_code}' --json @two.json "$LLM$chat" >out
    is "$(tail -c 3 out)" 200
    is "$(jq -c '[.action, ."score.request"]' "$AUDIT")" '["log",5]'
}

@test "a streamed answer ends where the second sign begins, in every cut" {
    local path delta
    for path in $chat /v1/responses /v1/messages; do
        for delta in 1 3 7 100; do
            guarded --json @stream.json \
                "$LLM$path?say=forbidden&delta=$delta" >out
            hasnt out PLUM
            has out "score of 10: SP-9011 first-sign, SP-9012 second-sign"
            is "$(said out)" "Some words first, then the "
        done
    done
    is "$(jq -c '[.action, .rule, ."score.response"]' "$AUDIT" | sort -u)" \
        '["block","score",10]'
}

@test "thresholds of the policy: higher, off, and a level that has more rules" {
    prompt both.json "Some words of the forbidden-plum."
    prompt all.json "Some words of the forbidden-plum from nowhere."
    score_policy 'thresholds: {request: {log: 11, block: 13}}' 'paranoia: 2'
    guarded --json @both.json "$LLM$chat" >out
    has out "Hello from"
    is "$(tail -n 1 "$AUDIT" | jq -c '[.action, ."score.request"]')" \
        '["score",10]'
    guarded --json @all.json "$LLM$chat" >out
    has out "an anomaly score of 13"
    score_policy 'thresholds: {request: 0, response: 0}'
    guarded --json @all.json "$LLM$chat" >out
    has out "Hello from"
    guarded --json @stream.json "$LLM$chat?say=forbidden" >out
    is "$(said out)" \
        "Some words first, then the FORBIDDEN-PLUM and more after."
}

@test "monitoring only logs what would be blocked" {
    prompt both.json "Some words of the forbidden-plum."
    score_policy 'mode: monitor' 'thresholds: {request: 10}'
    guarded --json @both.json "$LLM$chat" >out
    has out "Hello from"
    is "$(jq -c '[.action, .scored_by]' "$AUDIT")" \
        '["log",["SP-9011","SP-9012"]]'
}
