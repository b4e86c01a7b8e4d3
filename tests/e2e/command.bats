#!/usr/bin/env bats
# The command: every subcommand, its exit statuses and its messages.

load ../lib/command

setup_file() {
    environment_clear
    # One small policy for most tests: a word that is redacted, one that blocks.
    cat >"$BATS_FILE_TMPDIR/p.yaml" <<'END'
hosts: ["localhost:8443"]
rules:
  - id: SP-9001
    name: plum
    category: fruit
    keywords: [plum]
    match: 'plum-\d{3}'
    action: redact
    tests: {hit: [a plum-123], miss: [a plum-12]}
  - id: SP-9002
    name: durian
    category: fruit
    on: request
    in: [user]
    keywords: [durian]
    match: 'durian'
    action: block
    severity: high
    tests: {hit: [durian], miss: [dur]}
END
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cp "$BATS_FILE_TMPDIR/p.yaml" p.yaml
}

# hasnt TEXT FILE... - the text stands in none of them.
hasnt() {
    if grep -qF -e "$@"; then
        echo "found: $1"
        return 1
    fi
}

# same FILE < TEXT - the file holds just this.
same() {
    diff - "$1"
}

# --- The command as a whole.

@test "help and version" {
    expect 0 "$SALLYPORT" --version
    grep -qx 'sallyport [0-9.]*' out
    expect 0 "$SALLYPORT" --help
    for name in run check compile scan replay doctor explain diff; do
        grep -q "^  $name " out
    done
    for name in run check compile scan replay doctor explain diff; do
        expect 0 "$SALLYPORT" $name --help
        head -n 1 out | grep -q "^usage: sallyport $name "
        [ "$(wc -L <out)" -le 80 ]
        [ ! -s err ]
    done
}

@test "help of a command, and what cannot be written" {
    expect 0 "$SALLYPORT" help scan
    head -n 1 out | grep -q '^usage: sallyport scan '
    echo plum-123 >text
    for what in --help "scan --rules p.yaml text" "explain --rules p.yaml plum" \
        "check p.yaml"; do
        # shellcheck disable=SC2086 # words of a command
        if "$SALLYPORT" $what >/dev/full 2>err; then return 1; fi
        grep -q 'stdout cannot be written' err
        # shellcheck disable=SC2086
        if "$SALLYPORT" $what >&- 2>err; then return 1; fi
        grep -q 'stdout cannot be written' err
    done
    truncate -s 1G large # of which there is nothing
    expect 2 "$SALLYPORT" scan --rules p.yaml large
    grep -qx 'sallyport: large: too large, of 65536 KiB at most' err
}

@test "a wrong command line is status 2" {
    expect 2 "$SALLYPORT"
    expect 2 "$SALLYPORT" frobnicate
    same err <<'END'
sallyport: there is no command 'frobnicate'
Try 'sallyport --help'.
END
    expect 2 "$SALLYPORT" check
    same err <<'END'
sallyport check: a FILE is needed
Try 'sallyport check --help'.
END
    expect 2 "$SALLYPORT" check --frob p.yaml
    same err <<'END'
sallyport check: unrecognized option '--frob'
Try 'sallyport check --help'.
END
    expect 2 "$SALLYPORT" compile p.yaml
    expect 2 "$SALLYPORT" compile -o i
    expect 2 "$SALLYPORT" scan --on sideways
    expect 2 "$SALLYPORT" scan --role nobody
    expect 2 "$SALLYPORT" scan a b
    expect 2 "$SALLYPORT" replay
    expect 2 "$SALLYPORT" replay --request a --split half
    expect 2 "$SALLYPORT" replay --request a --repeat 0
    expect 2 "$SALLYPORT" replay --request a b
    expect 2 "$SALLYPORT" run
    expect 2 "$SALLYPORT" run --frob true
}

@test "check --help lists what may fail" {
    expect 0 "$SALLYPORT" check --help
    grep -q '^  request_limit *block    the request body' out
    grep -q '^  http_ambiguous *block ! ' out
    grep -q '^  audit *pass     ' out
    [ "$(grep -Ec '^  [a-z_]+ +(pass|block) ' out)" -eq \
        "$(grep -c '^    COND_' <(grep -Ev 'COND_(NONE|COUNT),' \
            "$ROOT/shim/policy/fail.h"))" ]
    # Each is taken as it is listed.
    for name in $(sed -En 's/^  ([a-z_]+) +(pass|block) +[^! ].*/\1/p' out); do
        echo "on_failure: {$name: pass}" >f.yaml
        expect 0 "$SALLYPORT" check f.yaml
        "$SALLYPORT" check --help >out
    done
    for name in $(sed -En 's/^  ([a-z_]+) +block ! .*/\1/p' out); do
        echo "on_failure: {$name: pass}" >f.yaml
        expect 1 "$SALLYPORT" check f.yaml
        grep -q 'cannot be pass' err
    done
}

# --- check and compile.

@test "check counts rules and tests" {
    expect 0 "$SALLYPORT" check p.yaml
    same out <<'END'
p.yaml: 2 rules, 4 tests passed
END
    [ ! -s err ]
}

@test "check: a rule of many words is one rule" {
    seq 10000 12000 >names.txt
    cat >many.yaml <<'END'
rules: [{id: SP-1, name: names, category: c, action: log, words: names.txt}]
END
    expect 0 "$SALLYPORT" check many.yaml
    grep -qx 'many.yaml: 1 rule, 0 tests passed' out
}

@test "check: the installed policy and packs are good" {
    expect 0 "$SALLYPORT" check "$ROOT"/rules/default.yaml \
        "$ROOT"/rules/packs/leak.yaml "$ROOT"/rules/providers/*.yaml
    grep -qE '/leak.yaml: [0-9]+ rules, [0-9]+ tests passed$' out
    [ "$(grep -c ': provider ' out)" -eq "$(find "$ROOT"/rules/providers -name '*.yaml' | wc -l)" ]
    [ "$(wc -l <out)" -eq $((2 + $(find "$ROOT"/rules/providers -name '*.yaml' | wc -l))) ]
}

@test "check: no file of the packs has anything to be told of" {
    expect 0 "$SALLYPORT" check "$ROOT"/rules/packs/*/*.yaml
    [ ! -s err ]
}

@test "check: a rule that streams are searched for all the time is told of" {
    cat >awake.yaml <<'END'
pack: awake
rules:
  - id: SP-90001
    name: plate
    category: pii
    keywords: [plate]
    match: '(?i)\b[A-Z]{2} plate\b'
    action: redact
    tests: {hit: [an HH plate], miss: [plates]}
END
    expect 0 "$SALLYPORT" check awake.yaml
    grep -qx 'awake.yaml: 1 rule, 2 tests passed' out
    same err <<'END'
awake.yaml:7:12: warning: SP-90001: streams are searched for it with each piece: begin the pattern with its keywords, digits or 'token' (behind a few ASCII characters at most, and then without (?i)), or say 'on: request' or 'scope: whole'
END
    sed -i 's/action: redact/action: redact\n    on: request/' awake.yaml
    expect 0 "$SALLYPORT" check awake.yaml
    [ ! -s err ]
}

@test "a provider of one's own: a few lines, and a policy that names it" {
    cat >acme.yaml <<'END'
id: acme
like: openai-chat
system: acme
reply: anthropic
hosts: [llm.acme.test]
routes:
  - {path: /talk}
stream:
  text:
    - {path: "choices[].delta.musing", part: reasoning, delta: true}
END
    expect 0 "$SALLYPORT" check acme.yaml
    same out <<'END'
acme.yaml: provider acme, 1 host and 1 route of its own
END
    cat >policy.yaml <<'END'
mode: enforce
providers: [all, acme.yaml]
rules:
  - {id: SP-1, name: word, category: policy, keywords: [xyzzy],
     match: xyzzy, action: block, tests: {hit: [xyzzy], miss: [plugh]}}
END
    expect 0 "$SALLYPORT" check policy.yaml
    printf 'POST /v1/talk HTTP/1.1\r\nHost: llm.acme.test\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n%s' \
        '{"messages":[{"role":"user","content":"a xyzzy b"}]}' | head -c 1000 >ask
    sed -i 's/Content-Length: 50/Content-Length: 52/' ask
    expect 0 "$SALLYPORT" replay --rules policy.yaml --host llm.acme.test \
        --request ask --out .
    grep -F '"gen_ai.system":"acme"' out
    grep -F '"type":"permission_error"' app.bin
}

@test "check shows all errors with their places, and goes on to the next file" {
    cat >bad.yaml <<'END'
mode: loud
rules:
  - id: SP-1
    name: a b
    category: c
    keywords: [k]
    match: 'k('
    action: log
  - id: SP-2
    name: n
    categorie: c
    keywords: [k]
    match: k
    action: shout
END
    expect 1 "$SALLYPORT" check bad.yaml p.yaml
    same out <<'END'
p.yaml: 2 rules, 4 tests passed
END
    same err <<'END'
bad.yaml:1:7: error: 'mode' must be enforce or monitor
bad.yaml:4:11: error: 'name' may have letters, digits, '.', '_' and '-' only (at most 64)
bad.yaml:11:5: error: unknown key 'categorie': is 'category' meant?
bad.yaml:14:13: error: 'action' must be score, log, redact, pseudonymize or block
bad.yaml:9:5: error: 'category' is missing
END
}

@test "check: a pattern's error, a failed test, a catastrophic pattern" {
    cat >bad.yaml <<'END'
rules:
  - id: SP-1
    name: n
    category: c
    keywords: [kiwi]
    match: 'kiwi('
    action: log
    tests: {hit: [kiwi], miss: [l]}
END
    expect 1 "$SALLYPORT" check bad.yaml
    grep -q '^bad.yaml:6:12: error: SP-1: match: .*parenthesis.* at offset 5$' \
        err
    sed -i "s/kiwi(/kiwi\\\\d/" bad.yaml
    expect 1 "$SALLYPORT" check bad.yaml
    same err <<'END'
bad.yaml:8:19: error: SP-1: the text is not found, though it should be a hit
END
    sed -i "s/match: .*/match: '(k+)+\$'/" bad.yaml
    expect 1 "$SALLYPORT" check bad.yaml
    grep -q '^bad.yaml:6:12: error: SP-1: match: .* hostile text$' err
}

@test "check: why a hit is not found, where that can be told" {
    cat >bad.yaml <<'END'
defaults: {category: c, action: log}
rules:
  - {id: SP-1, name: n, keywords: [plum], match: 'plum\d',
     tests: {hit: [pear], miss: [plum]}}
  - {id: SP-2, name: n, keywords: [blue heron], match: 'blue\s+heron\d',
     tests: {hit: ["blue  heron"], miss: [heron]}}
END
    expect 1 "$SALLYPORT" check bad.yaml
    grep error err >told
    same told <<'END'
bad.yaml:4:20: error: SP-1: the text is not found: none of the keywords stands in it
bad.yaml:6:20: error: SP-2: the text is not found, though it should be a hit
END
}

@test "check: a fault in what stands beside the pattern has its own place" {
    cat >bad.yaml <<'END'
rules:
  - id: SP-1
    name: n
    category: c
    action: log
    list: [ab cd]
    check:
      not: ['(']
  - id: SP-2
    name: n
    category: c
    action: log
    keywords: [kl]
    match: 'kl\d'
    unless:
      match: '('
    tests: {hit: [kl1], miss: [kl]}
  - id: SP-3
    name: n
    category: c
    action: redact
    keywords: [mn]
    match: 'mn\d'
    end: '('
    tests: {hit: [mn1], miss: [mn]}
  - id: SP-4
    name: n
    category: c
    action: log
    list: [ab ef]
    near: {match: '(?:a+)+'}
  - id: SP-5
    name: n
    category: c
    action: log
    keywords: [op]
    match: 'op\d'
    group: 4
    tests: {hit: [op1], miss: [op]}
END
    expect 1 "$SALLYPORT" check bad.yaml
    cut -d: -f1-5 err >places
    same places <<'END'
bad.yaml:8:12: error: SP-1
bad.yaml:16:7: error: SP-2
bad.yaml:24:10: error: SP-3
bad.yaml:38:12: error: SP-5
bad.yaml:26:5: warning: SP-4
END
}

@test "check: files that cannot be read have a place too" {
    : >empty.yaml
    printf 'mode: enforce\n# a \xff\n' >bytes.yaml
    expect 1 "$SALLYPORT" check nowhere.yaml empty.yaml bytes.yaml .
    same err <<'END'
nowhere.yaml:1:1: error: No such file or directory
empty.yaml:1:1: error: the file is empty
bytes.yaml:2:5: error: invalid leading UTF-8 octet
.:1:1: error: Is a directory
END
}

@test "check: one run tells of patterns, missing tests and failed tests" {
    cat >bad.yaml <<'END'
rules:
  - id: SP-1
    name: n
    category: c
    keywords: [k]
    match: '(k+)+$'
    action: log
  - {id: SP-2, name: n, category: c, keywords: [kiwi], match: kiwis, action: log,
     tests: {hit: [kiwi], miss: [l]}}
END
    expect 1 "$SALLYPORT" check bad.yaml
    same err <<'END'
bad.yaml:6:12: error: SP-1: match: reaches the match limit on a hostile text
bad.yaml:2:5: error: SP-1: the rule needs tests: at least one 'hit' and one 'miss'
bad.yaml:6:12: warning: SP-1: '(k+)+' repeats a repeat, and where no match comes of it all ways to split the text are tried: name what stands between two, or put a + behind the inner one
bad.yaml:9:20: error: SP-2: the text is not found, though it should be a hit
END
    sed -i 's/^rules:/mode: loud\nrules:/' bad.yaml
    expect 1 "$SALLYPORT" check bad.yaml
    [ "$(grep -c ': error: ' err)" -eq 4 ]
}

@test "check: duplicate ids over included files" {
    sed -n '/rules:/,/tests:/p' p.yaml >more.yaml
    echo 'include: [more.yaml]' >>p.yaml
    expect 1 "$SALLYPORT" check p.yaml
    same err <<'END'
more.yaml:2:5: error: the id SP-9001 is taken by the rule at p.yaml:3
END
}

@test "compile writes an image whole, or none" {
    expect 0 "$SALLYPORT" compile p.yaml -o image
    [ -s image ]
    [[ $(stat -c %A image) != *w* ]]
    [ ! -s out ]
    [ ! -s err ]
    echo 'mode: loud' >bad.yaml
    expect 1 "$SALLYPORT" compile bad.yaml -o image2
    same err <<'END'
bad.yaml:1:7: error: 'mode' must be enforce or monitor
END
    [ ! -e image2 ]
    expect 2 "$SALLYPORT" compile p.yaml -o nowhere/image
    expect 1 "$SALLYPORT" compile nowhere.yaml -o image2
    same err <<'END'
nowhere.yaml:1:1: error: No such file or directory
END
    [ -z "$(find . -name 'image?*' ! -name image.hosts)" ]
}

@test "compile writes through links, and into what is no regular file" {
    "$SALLYPORT" compile p.yaml -o want
    mkdir dir
    echo old >dir/target
    chmod 640 dir/target
    ln -s dir/target link
    expect 0 "$SALLYPORT" compile p.yaml -o link
    [ -L link ]
    cmp want dir/target
    [ "$(stat -c %a dir/target)" = 440 ]
    [ "$(ls -A dir)" = target ]
    [ -s link.hosts ]
    ln -s nowhere dangling
    expect 2 "$SALLYPORT" compile p.yaml -o dangling
    [ -L dangling ]
    mkfifo fifo
    cat fifo >got &
    expect 0 timeout 20 "$SALLYPORT" compile p.yaml -o fifo
    wait $!
    [ -p fifo ]
    [ ! -e fifo.hosts ]
    cmp want got
    ln -s fifo fifolink
    cat fifo >got &
    expect 0 timeout 20 "$SALLYPORT" compile p.yaml -o fifolink
    wait $!
    [ -p fifo ]
    cmp want got
    "$SALLYPORT" compile p.yaml -o /dev/stdout | cmp - want
    [ ! -e /dev/stdout.hosts ]
    expect 2 "$SALLYPORT" compile p.yaml -o dir
}

@test "compile writes the hosts beside the image" {
    sed -i 's/^hosts:.*/hosts: ["localhost:8443", "*.corp.example", "[::1]:9"]/' \
        p.yaml
    expect 0 "$SALLYPORT" compile p.yaml -o image
    head -n 3 image.hosts | same - <<'END'
localhost:8443
*.corp.example
::1
END
    grep -qx api.openai.com image.hosts
    grep -qx api.anthropic.com image.hosts
    [ "$(paste -sd, <image.hosts)" = \
        "$("$SALLYPORT" run --rules p.yaml printenv SALLYPORT_HOSTS)" ]
    rm image.hosts
    mkdir image.hosts
    echo old >image
    expect 2 "$SALLYPORT" compile p.yaml -o image
    [ "$(cat image)" = old ]
}

@test "compile gives the same bytes twice" {
    "$SALLYPORT" compile p.yaml -o a
    rm -rf "$XDG_CACHE_HOME"
    "$SALLYPORT" compile p.yaml -o b
    cmp a b
}

# --- scan.

@test "scan says where, and never what" {
    printf 'one\nüü plum-123 and plum-456\n' >text
    expect 1 "$SALLYPORT" scan --rules p.yaml text
    same out <<'END'
text:2:4: SP-9001 plum (fruit, medium): redact
text:2:17: SP-9001 plum (fruit, medium): redact
text: redact, by SP-9001 plum
END
    expect 0 "$SALLYPORT" scan --rules p.yaml </dev/null
    same out <<'END'
-: pass, nothing is found
END
    printf '\xff' >text
    expect 2 "$SALLYPORT" scan --rules p.yaml text
    expect 2 "$SALLYPORT" scan --rules p.yaml nowhere
    expect 2 "$SALLYPORT" scan --rules nowhere.yaml text
}

@test "scan says what is decided: by scores, by the strongest rule, by none" {
    cat >s.yaml <<'END'
thresholds: {request: {log: 5, block: 9}, response: 0}
defaults: {category: fruit, on: both}
rules:
  - {id: SP-9001, name: fig, list: [fig], action: score, score: 4}
  - {id: SP-9002, name: kiwi, list: [kiwi], action: score, score: 5}
  - {id: SP-9003, name: lime, list: [lime], action: log, score: 2}
  - {id: SP-9004, name: date, list: [date], action: redact}
END
    decided() { # WANT TEXT OPTION...
        local want=$1

        echo "$2" >text
        shift 2
        expect 1 "$SALLYPORT" scan --rules s.yaml "$@" text
        [ "$(tail -n 1 out)" = "text: $want" ] || { cat out; return 1; }
    }
    decided 'pass, with a score of 4' 'a fig'
    decided 'log, by its score of 5: SP-9002 kiwi' 'a kiwi, a kiwi'
    decided 'block, by its score of 9: SP-9001 fig, SP-9002 kiwi' 'a fig, kiwi'
    decided 'log, by its score of 9: SP-9001 fig, SP-9002 kiwi' 'a fig, kiwi' \
        --on response
    decided 'log, by SP-9003 lime, with a score of 2' 'a lime'
    decided 'redact, by SP-9004 date, with a score of 6' 'a lime, date and fig'
    grep -qx 'text:1:9: SP-9004 date (fruit, medium): redact' out
    grep -qx 'text:1:18: SP-9001 fig (fruit, medium): score, scores 4' out
    sed -i '1i mode: monitor' s.yaml
    decided 'log, by its score of 9: SP-9001 fig, SP-9002 kiwi' 'a fig, kiwi'
    decided 'log, by SP-9004 date (the policy only monitors)' 'a date'
}

@test "scan looks with the installed policy by default" {
    echo "the key $KEY" >text
    expect 1 "$SALLYPORT" scan text
    grep -q '^text:1:9: SP-1001 aws-access-key (secret, critical): redact$' out
    hasnt "$KEY_TAIL" out err
}

@test "scan: role and direction" {
    echo durian >text
    expect 1 "$SALLYPORT" scan --rules p.yaml text
    expect 0 "$SALLYPORT" scan --rules p.yaml --role tool text
    expect 0 "$SALLYPORT" scan --rules p.yaml --on response text
    expect 1 "$SALLYPORT" scan --rules p.yaml --role user --on request text
}

@test "scan --jsonl: one line for each line, in order" {
    cat >in <<'END'
{"text": "nothing"}
{"text": "ü\"plum-123\" \u00fc plum-456\n"}
{"text": "durian plum-123", "role": "user", "on": "request", "id": 7}
{"text": "durian", "role": "assistant", "on": "response"}
END
    expect 0 "$SALLYPORT" scan --rules p.yaml --jsonl in
    same out <<'END'
{"action": "pass", "text": "nothing", "findings": []}
{"action": "redact", "text": "ü\"[redacted:plum]\" ü [redacted:plum]\n", "findings": [{"rule": "SP-9001", "name": "plum", "category": "fruit", "kind": "plum", "start": 2, "end": 10, "action": "redact", "severity": "medium", "confidence": "medium"}, {"rule": "SP-9001", "name": "plum", "category": "fruit", "kind": "plum", "start": 14, "end": 22, "action": "redact", "severity": "medium", "confidence": "medium"}]}
{"action": "block", "text": "[redacted:durian] [redacted:plum]", "findings": [{"rule": "SP-9002", "name": "durian", "category": "fruit", "kind": "durian", "start": 0, "end": 6, "action": "block", "severity": "high", "confidence": "medium"}, {"rule": "SP-9001", "name": "plum", "category": "fruit", "kind": "plum", "start": 7, "end": 15, "action": "redact", "severity": "medium", "confidence": "medium"}]}
{"action": "pass", "text": "durian", "findings": []}
END
    "$SALLYPORT" scan --rules p.yaml --jsonl <in | cmp - out
}

@test "scan --jsonl: a bad line is answered, and status 1 at the end" {
    printf '%s\n' '{"text": "a"}' 'no' '' '{"text": 1}' '{"role": "user"}' \
        '[]' '{"text": "a", "role": "x"}' '{"text": "a", "text": "b"}' >in
    printf '{"text": "\xff"}\n{"text": "last"}' >>in
    expect 1 "$SALLYPORT" scan --rules p.yaml --jsonl in
    [ "$(wc -l <out)" -eq 10 ]
    [ "$(grep -c '^{"action": "error", "text": null, "error": "..*", "findings": \[\]}$' out)" -eq 8 ]
    tail -n 1 out | grep -qx '{"action": "pass", "text": "last", "findings": \[\]}'
    [ ! -s err ]
}

@test "scan --jsonl: monitor mode only logs" {
    sed -i '1i mode: monitor' p.yaml
    echo '{"text": "durian plum-123"}' >in
    expect 0 "$SALLYPORT" scan --rules p.yaml --jsonl in
    grep -q '^{"action": "log", "text": "durian plum-123", ' out
}

@test "scan --jsonl: a line is answered before the next is there" {
    coproc SCAN { "$SALLYPORT" scan --rules p.yaml --jsonl; }
    local out=${SCAN[0]} in=${SCAN[1]} line
    echo '{"text": "a"}' >&"$in"
    read -r -t 20 line <&"$out"
    [ "$line" = '{"action": "pass", "text": "a", "findings": []}' ]
    eval "exec $in>&-"
    wait
}

@test "scan --jsonl: many lines in constant memory" {
    local line='{"text": "a line of words, plum-123 among them, as in a log"}'
    # 64 MiB is far less than the lines together, far more than is needed.
    yes "$line" | head -n 1000000 |
        (ulimit -v 65536 && "$SALLYPORT" scan --rules p.yaml --jsonl) >out
    [ "$(wc -l <out)" -eq 1000000 ]
    [ "$(sort -u out | wc -l)" -eq 1 ]
}

# --- replay.

message() {
    local body=$1
    shift
    printf '%s\r\n' "$@" "Content-Length: ${#body}" ''
    printf '%s' "$body"
}

exchange() {
    message "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"$1\"}]}" \
        'POST /v1/chat/completions HTTP/1.1' 'Host: localhost:8443' \
        'Content-Type: application/json' >req
    message "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"$2\"},\"finish_reason\":\"stop\"}]}" \
        'HTTP/1.1 200 OK' 'Content-Type: application/json' >res
}

@test "replay: nothing found, nothing changed" {
    exchange hello world
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --response res \
        --out dir --split every
    cmp req dir/net.bin
    cmp res dir/app.bin
    [ "$(wc -l <out)" -eq 1 ]
    grep -q '"action":"pass"' out
    none_left sallyport-replay req
}

@test "replay: more is encoded than is decoded, which passes or blocks" {
    local runs='' i
    for ((i = 100; i < 200; i++)); do
        runs+="$(printf 'the number of this line of text is %d' $i | base64 -w0) "
    done
    exchange "$runs" world
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --response res \
        --out dir
    cmp req dir/net.bin
    grep -q '"action":"log","condition":"decode_capped"' out
    echo 'on_failure: {decode_capped: block}' >>p.yaml
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --response res \
        --out dir
    [ ! -s dir/net.bin ]
    grep -q '"action":"block","condition":"decode_capped"' out
    grep -q '403 Forbidden' dir/app.bin
    # As many as are decoded: nothing is wrong.
    exchange "$(cut -d ' ' -f 1-60 <<<"$runs")" world
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --response res \
        --out dir
    grep -q '"action":"pass"' out
}

@test "replay: redacted both ways, however it is cut" {
    exchange 'a plum-123' 'a plum-456 too'
    for split in 1 7 every random:1 random:2; do
        expect 0 "$SALLYPORT" replay --rules p.yaml --request req \
            --response res --out dir --split $split
        grep -q '"a \[redacted:plum\]"' dir/net.bin
        grep -q '"a \[redacted:plum\] too"' dir/app.bin
        hasnt plum- dir/net.bin dir/app.bin out
    done
    grep -q '"action":"redact"' out
}

@test "replay: where there is no exchange, that is said" {
    printf 'GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n' >other
    : >none
    for file in other none; do
        expect 0 "$SALLYPORT" replay --rules p.yaml --request $file
        [ ! -s out ]
        grep -q 'no audit line: ' err
    done
}

@test "replay: a blocked request reaches nobody" {
    exchange 'a durian' hello
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --response res \
        --out dir --split every
    [ ! -s dir/net.bin ]
    head -n 1 dir/app.bin | grep -q '^HTTP/1.1 403 '
    grep -q 'SP-9002' dir/app.bin
    grep -q '"action":"block"' out
    [ -s err ]
}

@test "replay: one side alone" {
    exchange 'a plum-123' 'a plum-456'
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --out dir
    grep -q 'redacted:plum' dir/net.bin
    [ ! -s dir/app.bin ]
    for host in localhost:8443 api.openai.com; do
        expect 0 "$SALLYPORT" replay --rules p.yaml --host $host \
            --response res --out dir
        [ ! -s dir/net.bin ]
        grep -q 'redacted:plum' dir/app.bin
    done
}

@test "replay: another host passes" {
    exchange 'a plum-123' 'a plum-456'
    sed -i 's/^Host: .*/Host: example.com\r/' req
    expect 0 "$SALLYPORT" replay --rules p.yaml --host example.com:443 \
        --request req --response res --out dir
    cmp req dir/net.bin
    cmp res dir/app.bin
    [ ! -s out ]
}

@test "replay --repeat prints the median" {
    exchange hello world
    expect 0 "$SALLYPORT" replay --rules p.yaml --request req --response res \
        --repeat 20
    [ "$(wc -l <out)" -eq 2 ]
    tail -n 1 out | grep -Eqx 'median [0-9]+\.[0-9] us per exchange'
}

@test "replay: files that are not there" {
    exchange a b
    expect 2 "$SALLYPORT" replay --rules p.yaml --request nowhere
    expect 2 "$SALLYPORT" replay --rules p.yaml --request req --response nowhere
    expect 2 "$SALLYPORT" replay --rules nowhere.yaml --request req
    expect 2 "$SALLYPORT" replay --rules p.yaml --request req --out req
}

# --- run.

# A program that needs nothing but a C compiler.
program() {
    printf 'int main(void) { return 7; }\n' >prog.c
    cc "$@" -o prog prog.c
}

@test "run: the exit status is the program's" {
    expect 0 "$SALLYPORT" run --rules p.yaml -- true
    expect 3 "$SALLYPORT" run --rules p.yaml sh -c 'exit 3'
    program
    expect 7 "$SALLYPORT" run --rules p.yaml ./prog
    expect 7 env PATH="$PWD" "$SALLYPORT" run --rules p.yaml prog
    expect 143 "$SALLYPORT" run --rules p.yaml sh -c 'kill $$'
}

@test "run: what the program is given" {
    expect 0 env LD_PRELOAD="$BUILD/libsallyport.so" "$SALLYPORT" run \
        --rules p.yaml --audit a.jsonl --monitor -- env
    grep -qx "LD_PRELOAD=$BUILD/libsallyport.so" out
    grep -qx "SALLYPORT_AUDIT=$PWD/a.jsonl" out
    grep -qx "SALLYPORT_MODE=monitor" out
    grep -q "^SALLYPORT_HOSTS=localhost:8443,.*api.openai.com" out
    image=$(sed -n 's/^SALLYPORT_POLICY=//p' out)
    [ -s "$image" ]
    grep -qx "SALLYPORT_UNCOVERED=log" out
    grep -qx "SALLYPORT_UNSEEN=block" out
    [ "$(stat -c %a "$(dirname "$image")")" = 700 ]
    [ "$(stat -c %a "$image")" = 400 ]
    [ "$image" = "$("$SALLYPORT" run --rules p.yaml printenv SALLYPORT_POLICY)" ]
    echo '# changed' >>p.yaml
    [ "$image" != "$("$SALLYPORT" run --rules p.yaml printenv SALLYPORT_POLICY)" ]
    expect 0 "$SALLYPORT" run --rules p.yaml printenv SALLYPORT_AUDIT
    grep -qx "$XDG_STATE_HOME/sallyport/audit.jsonl" out
}

@test "run: what the environment said before" {
    expect 0 env LD_PRELOAD="libc.so.6:$BUILD/libsallyport.so" \
        SALLYPORT_MODE=monitor SALLYPORT_HOSTS=old SALLYPORT_POLICY=old \
        SALLYPORT_AUDIT="$PWD/b.jsonl" "$SALLYPORT" run --rules p.yaml env
    hasnt SALLYPORT_MODE out
    hasnt =old out
    grep -qx "LD_PRELOAD=libc.so.6:$BUILD/libsallyport.so" out
    grep -qx "SALLYPORT_AUDIT=$PWD/b.jsonl" out
    expect 0 env LD_PRELOAD=libc.so.6 "$SALLYPORT" run --rules p.yaml env
    grep -qx "LD_PRELOAD=$BUILD/libsallyport.so:libc.so.6" out
    expect 0 "$SALLYPORT" run --monitor --rules p.yaml -- \
        "$SALLYPORT" run --rules p.yaml env
    hasnt SALLYPORT_MODE out
    grep -qx "LD_PRELOAD=$BUILD/libsallyport.so" out
    expect 0 env -u XDG_STATE_HOME HOME=/proc SALLYPORT_AUDIT= "$SALLYPORT" \
        run --rules p.yaml env
    hasnt SALLYPORT_AUDIT out
}

@test "run: what is done with uncovered children is the policy's" {
    echo 'uncovered: refuse' | cat - p.yaml >strict.yaml
    expect 0 env SALLYPORT_UNCOVERED=log "$SALLYPORT" run --rules strict.yaml \
        printenv SALLYPORT_UNCOVERED
    grep -qx refuse out
    expect 0 "$SALLYPORT" compile strict.yaml -o strict.img
    [ "$(head -n 1 strict.img.hosts)" = "#uncovered: refuse" ]
    expect 0 "$SALLYPORT" compile p.yaml -o p.img
    hasnt uncovered p.img.hosts
}

@test "run: what is done with TLS that is not seen into is the policy's" {
    echo 'on_failure: {unseen_tls: pass}' | cat - p.yaml >loose.yaml
    expect 0 env SALLYPORT_UNSEEN=block "$SALLYPORT" run --rules loose.yaml \
        printenv SALLYPORT_UNSEEN
    grep -qx pass out
    expect 0 "$SALLYPORT" compile loose.yaml -o loose.img
    [ "$(head -n 1 loose.img.hosts)" = "#unseen_tls: pass" ]
    expect 0 "$SALLYPORT" compile p.yaml -o p.img
    hasnt unseen p.img.hosts
}

@test "run: a TLS library within the program" {
    for name in SSL_write SSL_CTX_new gnutls_record_send; do
        printf 'int %s(void) { return 0; }\nint main(void) { return 7; }\n' \
            $name >prog.c
        cc -rdynamic -o prog prog.c
        expect 125 "$SALLYPORT" run --rules p.yaml ./prog
        same err <<'END'
sallyport: ./prog is refused: it has a TLS library linked in (--allow-uncovered runs it anyway)
END
        expect 7 "$SALLYPORT" run --rules p.yaml --allow-uncovered ./prog
    done
    # One that only uses it is covered.
    printf 'int SSL_write(void) { return 7; }\n' >lib.c
    cc -shared -fPIC -o libown.so lib.c
    printf 'int SSL_write(void);\nint main(void) { return SSL_write(); }\n' \
        >prog.c
    cc -o prog prog.c -L. -lown -Wl,-rpath,"$PWD"
    expect 7 "$SALLYPORT" run --rules p.yaml ./prog
}

@test "run: a Go program" {
    program
    for section in .note.go.buildid .go.buildinfo; do
        objcopy --add-section $section=prog.c prog go
        expect 125 "$SALLYPORT" run --rules p.yaml ./go
        grep -q 'it is a Go program' err
    done
}

@test "run: official Node" {
    node=$(command -v node) || skip "no node"
    nm -D --defined-only "$node" 2>/dev/null | grep -q ' SSL_write$' ||
        skip "this node has its OpenSSL outside"
    expect 0 "$SALLYPORT" run --rules p.yaml node --version
}

@test "run: damaged section headers do no harm" {
    printf 'int SSL_write(void) { return 0; }\nint main(void) { return 7; }\n' \
        >prog.c
    cc -rdynamic -o prog prog.c
    # Without a policy it is looked into, and not started. First e_shoff,
    # e_shentsize, e_shnum, e_shstrndx of a 64-bit header.
    for at in 40 41 47 58 60 61 62 63; do
        cp prog odd
        printf '\xff' | dd of=odd bs=1 seek=$at conv=notrunc status=none
        expect 125 "$SALLYPORT" run --rules nowhere.yaml ./odd
    done
    for size in 40 64 1000 8000 15000; do
        head -c $size prog >odd
        expect 125 "$SALLYPORT" run --rules nowhere.yaml ./odd
    done
}

@test "run: the cache keeps the images of late" {
    export XDG_CACHE_HOME=$PWD/cache
    first=$("$SALLYPORT" run --rules p.yaml printenv SALLYPORT_POLICY)
    for i in $(seq 40); do
        cp "$first" "${first%/*}/$i.image"
        touch -d "2001-01-01 +$i min" "${first%/*}/$i.image"
    done
    touch -d 2000-01-01 "$first"
    "$SALLYPORT" run --rules p.yaml true # a use, which counts
    echo '# another' >>p.yaml
    "$SALLYPORT" run --rules p.yaml true
    [ "$(find cache -name '*.image' | wc -l)" -eq 32 ]
    [ -e "$first" ]
    [ -e "${first%/*}/40.image" ]
    [ ! -e "${first%/*}/10.image" ]
}

@test "run: options behind the program are the program's" {
    expect 0 "$SALLYPORT" run --rules p.yaml echo --monitor -- --help
    same out <<'END'
--monitor -- --help
END
}

@test "run: not found 127, not executable 126" {
    expect 127 "$SALLYPORT" run --rules p.yaml nowhere-at-all
    same err <<'END'
sallyport: nowhere-at-all: not found
END
    echo >here-alone
    expect 127 "$SALLYPORT" run --rules p.yaml here-alone
    grep -q 'here-alone: not found along PATH; with ./ before it' err
    expect 3 "$SALLYPORT" doctor here-alone
    grep -q 'here-alone: not found along PATH; with ./ before it' err
    expect 127 "$SALLYPORT" run --rules p.yaml ./nowhere
    echo >plain
    expect 126 "$SALLYPORT" run --rules p.yaml ./plain
    expect 126 "$SALLYPORT" run --rules p.yaml /
    printf '#!/nowhere/sh\n' >script
    chmod +x script
    expect 127 "$SALLYPORT" run --rules p.yaml ./script
}

@test "run: a static program is refused" {
    program -static || skip "no static libc"
    expect 125 "$SALLYPORT" run --rules p.yaml ./prog
    same err <<'END'
sallyport: ./prog is refused: it is statically linked (--allow-uncovered runs it anyway)
END
    if program -static-pie; then
        expect 125 "$SALLYPORT" run --rules p.yaml ./prog
    fi
    expect 7 "$SALLYPORT" run --rules p.yaml --audit a.jsonl \
        --allow-uncovered ./prog
    [ "$(wc -l <a.jsonl)" -eq 1 ]
    grep -q '"event":"uncovered".*"exe":"./prog","reason":"it is statically linked"' a.jsonl
}

@test "run: setuid and setgid programs are refused" {
    program
    chmod u+s prog
    expect 125 "$SALLYPORT" run --rules p.yaml ./prog
    grep -q 'it is set-user-ID' err
    chmod u-s,g+s prog
    expect 125 "$SALLYPORT" run --rules p.yaml ./prog
    grep -q 'it is set-group-ID' err
}

@test "run: file capabilities are refused" {
    command -v setcap >/dev/null || skip "no setcap"
    program
    setcap cap_net_raw+ep prog 2>/dev/null || skip "setcap is not allowed"
    expect 125 "$SALLYPORT" run --rules p.yaml ./prog
    grep -q 'it has file capabilities' err
}

@test "run: other processors, other C libraries, no programs" {
    program
    # ELF header: bytes 18 and 19 are the machine; 0xf3 is RISC-V.
    cp prog other
    printf '\xf3\x00' | dd of=other bs=1 seek=18 conv=notrunc status=none
    expect 125 "$SALLYPORT" run --rules p.yaml ./other
    grep -q 'another processor or word size' err
    loader=$(readelf -l prog | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
    LC_ALL=C sed "s,$loader,/lib/ld-musl-x86.so.1$(printf '%*s' \
        $((${#loader} - 21)) '' | tr ' ' x)," prog >musl
    chmod +x musl
    if ! cmp -s prog musl; then
        expect 125 "$SALLYPORT" run --rules p.yaml ./musl
        grep -q 'it is built for musl' err
    fi
    echo 'echo hello' >words
    chmod +x words
    expect 125 "$SALLYPORT" run --rules p.yaml ./words
    grep -q 'neither an ELF program nor a script' err
    head -c 100 prog >short
    chmod +x short
    expect 125 "$SALLYPORT" run --rules p.yaml ./short
}

@test "run: a script is as its interpreter is" {
    printf '#!/bin/sh\nexit 5\n' >script
    chmod +x script
    expect 5 "$SALLYPORT" run --rules p.yaml ./script
    printf '#!/usr/bin/env -S sh -e\nexit 6\n' >script
    expect 6 "$SALLYPORT" run --rules p.yaml ./script
    program -static || skip "no static libc"
    printf '#!%s/prog\n' "$PWD" >script
    expect 125 "$SALLYPORT" run --rules p.yaml ./script
    grep -q "its interpreter $PWD/prog: it is statically linked" err
    printf '#!/usr/bin/env prog\n' >script
    expect 125 env PATH="$PWD:$PATH" "$SALLYPORT" run --rules p.yaml ./script
    printf '#!%s/script\n' "$PWD" >script
    expect 125 "$SALLYPORT" run --rules p.yaml ./script
}

@test "run: with a broken policy the program is not started" {
    echo 'mode: loud' >bad.yaml
    expect 125 "$SALLYPORT" run --rules bad.yaml -- touch started
    same err <<'END'
bad.yaml:1:7: error: 'mode' must be enforce or monitor
sallyport: /usr/bin/touch is not started: the policy is not usable
END
    [ ! -e started ]
    expect 125 "$SALLYPORT" run --rules nowhere.yaml -- touch started
    [ ! -e started ]
}

@test "run: no cache to write to" {
    if [ "$(id -u)" -eq 0 ]; then
        # Nothing is closed to root but what is no directory.
        echo >file
        expect 0 env -u HOME XDG_CACHE_HOME="$PWD/file" TMPDIR="$PWD" \
            "$SALLYPORT" run --rules p.yaml printenv SALLYPORT_POLICY
    else
        mkdir -m 500 shut
        expect 0 env HOME="$PWD/shut" XDG_CACHE_HOME="$PWD/shut/c" \
            "$SALLYPORT" run --rules p.yaml printenv SALLYPORT_POLICY
    fi
    [ -s "$(cat out)" ]
}

@test "run: a cache that others can write to is not used" {
    mkdir -m 777 -p c/sallyport
    chmod 777 c/sallyport
    expect 0 env XDG_CACHE_HOME="$PWD/c" "$SALLYPORT" run --rules p.yaml \
        printenv SALLYPORT_POLICY
    hasnt "$PWD/c/" out
    [ -z "$(ls c/sallyport)" ]
}

@test "run: an audit file that cannot be written is said" {
    expect 0 "$SALLYPORT" run --rules p.yaml --audit nowhere/a.jsonl true
    same err <<END
sallyport: $PWD/nowhere/a.jsonl: the audit file cannot be written
END
    expect 0 env -u XDG_STATE_HOME HOME=/proc "$SALLYPORT" run --rules p.yaml \
        true
    grep -q 'no place for an audit file' err
}

@test "run: as it is installed" {
    make -s -C "$ROOT" install B="$BUILD" DESTDIR="$PWD" PREFIX=/usr >log 2>&1
    expect 0 usr/bin/sallyport run env
    grep -qx "LD_PRELOAD=$PWD/usr/lib/sallyport/libsallyport.so" out
    echo "the key $KEY" >text
    expect 1 usr/bin/sallyport scan text
    expect 0 usr/bin/sallyport check usr/share/sallyport/rules/default.yaml
    make -s -C "$ROOT" uninstall DESTDIR="$PWD" PREFIX=/usr
    [ -z "$(find usr -type f)" ]
}

@test "run: a damaged image in the cache is made anew" {
    echo '# of this test alone' >>p.yaml
    image=$("$SALLYPORT" run --rules p.yaml printenv SALLYPORT_POLICY)
    cp "$image" good
    echo rubbish >"$image"
    expect 0 "$SALLYPORT" run --rules p.yaml true
    cmp good "$image"
}
