#!/usr/bin/env bats
# sallyport diff: two policies over texts, an audit, and recorded exchanges.

load ../lib/command

setup_file() {
    environment_clear
}

# rule ID NAME ACTION [LINE] - one rule, found by its name and three digits.
rule() {
    cat <<END
  - id: $1
    name: $2
    category: fruit
    keywords: [$2]
    match: '$2-\d{3}'
    action: $3
${4:+    $4}
    tests: {hit: [a $2-123], miss: [a $2-1]}
END
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    {
        echo 'rules:'
        rule SP-9001 plum redact
        rule SP-9002 pear block
        rule SP-9003 fig log
    } >old.yaml
    # A weaker action, a rule gone, one new, one that looks elsewhere.
    {
        echo 'exclude: [{id: SP-9003, role: tool, reason: samples}]'
        echo 'rules:'
        rule SP-9001 plum log
        rule SP-9003 fig log
        rule SP-9004 date block
    } >new.yaml
}

@test "diff over texts: actions, rules gone and new, scopes, counts" {
    cat >t.jsonl <<'END'
{"text": "nothing"}
{"text": "plum-111 and plum-222"}
{"text": "pear-111"}
{"text": "fig-111", "role": "tool"}
{"text": "fig-111", "role": "user"}
{"text": "date-111 plum-333", "on": "response"}
END
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over t.jsonl
    diff - out <<'END'
t.jsonl:2: redact -> log
  ~ SP-9001 plum: redact -> log
t.jsonl:3: block -> pass
  - SP-9002 pear: block
t.jsonl:4: log -> pass
  - SP-9003 fig: log
t.jsonl:6: redact -> block
  ~ SP-9001 plum: redact -> log
  + SP-9004 date: block
4 of 6 decided otherwise: log -> pass 1, redact -> log 1, redact -> block 1, block -> pass 1
END
    [ ! -s err ]
}

@test "diff over texts: the same action by other rules, other counts" {
    {
        echo 'rules:'
        rule SP-9011 plum log
    } >a.yaml
    sed 's/d{3}/d{3}\\b/' a.yaml >b.yaml
    echo '{"text": "plum-111 plum-2222"}' >t.jsonl
    expect 1 "$SALLYPORT" diff a.yaml b.yaml --over t.jsonl
    diff - out <<'END'
t.jsonl:1: log, by other rules
  ~ SP-9011 plum: found 2 -> 1
1 of 1 decided otherwise
END
}

@test "diff: nothing differs, status 0; lines that cannot be judged are told" {
    printf '%s\n' '{"text": "plum-111"}' 'no json' '{"text": 1}' >t.jsonl
    expect 0 "$SALLYPORT" diff old.yaml old.yaml --over t.jsonl
    diff - out <<'END'
0 of 1 decided otherwise
2 could not be judged by both
END
}

@test "diff: where nothing could be judged, that is trouble and no agreement" {
    head -c 3000 /dev/urandom >noise
    expect 2 "$SALLYPORT" diff old.yaml new.yaml --over noise
    grep -q 'nothing in it can be judged' err
    [ ! -s out ]
    : >none
    expect 2 "$SALLYPORT" diff old.yaml new.yaml --over none
    mkdir odd
    echo 'no request' >odd/a.request
    expect 2 "$SALLYPORT" diff old.yaml new.yaml --over odd
}

@test "diff: the name of a file does not move the cursor" {
    local body='{"messages": [{"role": "user", "content": "plum-111"}]}'
    mkdir names
    printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n%s' \
        "Content-Length: ${#body}"$'\r\n\r\n'"$body" \
        >names/$'a\033[2J\nb.request'
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over names
    grep -qF 'names/a?[2J?b.request: redact -> log' out
}

@test "diff never shows a value" {
    echo '{"text": "plum-471 pear-472"}' >t.jsonl
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over t.jsonl
    if grep -qE '47[12]' out err; then return 1; fi
}

@test "diff over exchanges: raw files" {
    mkdir -p x/sub
    exchange x/1 'nothing' 'plum-111'
    exchange x/2 'pear-111' 'never'
    exchange x/3 'a fig-111' 'a fig-222'
    exchange x/sub/4 'hello' 'date-111'
    echo unrelated >x/notes.txt
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over x
    diff - out <<'END'
x/1.request: redact -> log
  ~ SP-9001 plum: redact -> log
x/2.request: block -> pass
  - SP-9002 pear: block
x/sub/4.request: pass -> block
  + SP-9004 date: block
3 of 4 decided otherwise: pass -> block 1, redact -> log 1, block -> pass 1
END
    [ ! -s err ]
    expect 0 "$SALLYPORT" diff old.yaml old.yaml --over x
    none_left sallyport-play old.yaml
}

@test "diff over exchanges: JSON files, with a stream beside them" {
    mkdir x
    cat >x/1.req.json <<'END'
{"method": "POST", "url": "https://api.openai.com/v1/chat/completions",
 "headers": {"content-type": "application/json", "content-length": "7"},
 "body": {"model": "m", "stream": true,
  "messages": [{"role": "user", "content": "hello"}]}}
END
    cat >x/1.resp.json <<'END'
{"status": 200, "headers": {"content-type": "text/event-stream",
 "transfer-encoding": "chunked"}, "body_file": "1.resp.sse"}
END
    printf 'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' \
        'a da' 'te-1' '11.' >x/1.resp.sse
    printf 'data: [DONE]\n\n' >>x/1.resp.sse
    cat >x/2.req.json <<'END'
{"method": "POST", "url": "https://api.openai.com/v1/chat/completions",
 "headers": {"content-type": "application/json"},
 "body_text": "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"pear-111\"}]}"}
END
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over x
    diff - out <<'END'
x/1.req.json: pass -> block
  + SP-9004 date: block
x/2.req.json: block -> pass
  - SP-9002 pear: block
2 of 2 decided otherwise: pass -> block 1, block -> pass 1
END
    echo '{"method": "POST"}' >x/3.req.json
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over x
    grep -q '3.req.json: not a recorded request' err
    grep -qx '1 could not be judged by both' out
}

@test "diff over an audit: what it tells, and what it does not" {
    mkdir x
    exchange x/1 'nothing' 'plum-111'
    exchange x/2 'pear-111' 'never'
    exchange x/3 'a fig-111' 'a fig-222'
    for n in 1 2 3; do
        "$SALLYPORT" replay --rules old.yaml --request x/$n.request \
            --response x/$n.response >>audit.jsonl 2>/dev/null
    done
    sed -i 's/fig-.d{3}/fig-\\d+/' new.yaml
    expect 1 "$SALLYPORT" diff old.yaml new.yaml --over audit.jsonl
    diff - out <<'END'
audit.jsonl:1: redact -> log
  ~ SP-9001 plum: redact -> log
audit.jsonl:2: block -> pass
  - SP-9002 pear: block
an audit does not tell what rules would find that are new: SP-9004
an audit does not tell what rules would find that have changed: SP-9003
2 of 3 decided otherwise: redact -> log 1, block -> pass 1
END
}

@test "diff over recorded exchanges of providers, where they are" {
    local data=${SALLYPORT_DATA:-$ROOT/../shared/data}

    [ -d "$data/exchanges/groq" ] || skip "no data in $data (SALLYPORT_DATA)"
    expect 0 "$SALLYPORT" diff old.yaml new.yaml --over "$data/exchanges/groq"
    grep -q '^0 of [1-9][0-9]* decided otherwise' out
    [ ! -s err ]
    [ "$(wc -l <out)" -eq 1 ]
}

@test "diff: a wrong command line, files that are not there" {
    echo '{"text": "x"}' >t.jsonl
    mkdir empty
    expect 2 "$SALLYPORT" diff old.yaml --over t.jsonl
    expect 2 "$SALLYPORT" diff old.yaml new.yaml
    expect 2 "$SALLYPORT" diff old.yaml nowhere.yaml --over t.jsonl
    expect 2 "$SALLYPORT" diff old.yaml new.yaml --over nowhere
    expect 2 "$SALLYPORT" diff old.yaml new.yaml --over empty
    grep -q 'no recorded exchanges' err
}

@test "scan, explain and diff allow links to the hosts that the policy names" {
    local text='![](https://img.ok.example/a?d=Y2FyZCA0MTExIDExMTEgMTExMQ)'
    local leak=$ROOT/rules/packs/leak.yaml what
    local from=(--on response --role assistant)
    printf 'include: [%s]\n' "$leak" >none.yaml
    printf 'include: [%s]\nlinks: {allow: ["*.ok.example"]}\n' "$leak" >some.yaml
    echo "$text" >in
    printf '{"on":"response","role":"assistant","text":"%s"}\n' "$text" >in.jsonl
    for what in scan 'explain --text'; do
        # shellcheck disable=SC2086 # two words
        expect 1 "$SALLYPORT" $what --rules none.yaml "${from[@]}" in
        grep -q SP-7021 out
        # shellcheck disable=SC2086
        expect 0 "$SALLYPORT" $what --rules some.yaml "${from[@]}" in
    done
    expect 1 "$SALLYPORT" diff none.yaml some.yaml --over in.jsonl
    grep -q SP-7021 out
    expect 1 "$SALLYPORT" diff some.yaml none.yaml --over in.jsonl
    expect 0 "$SALLYPORT" diff some.yaml some.yaml --over in.jsonl
}
