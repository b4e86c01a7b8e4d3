#!/usr/bin/env bats
# sallyport explain: a rule in words, and why a text matched or did not.

load ../lib/command

setup_file() {
    environment_clear
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cat >p.yaml <<'END'
mode: monitor
exclude:
  - {id: SP-9001, host: "*.corp.example", role: tool, reason: samples,
     expires: 2999-01-01}
  - {tag: sour, reason: past, expires: 2020-01-01}
rules:
  - id: SP-9001
    name: plum
    category: fruit
    kind: stone-fruit
    keywords: [plum, prune]
    match: '(?:plum|prune)-([0-9a-f]{8,40})'
    group: 1
    check: {entropy: 2.5, not: ['^dead', 'f00d']}
    action: redact
    severity: high
    tags: [sweet, "owasp:LLM02"]
    tests: {hit: [a plum-0123456789], miss: [a plum-12]}
  - id: SP-9002
    name: card
    category: fruit
    on: request
    in: {roles: [user], parts: [text, tool_result]}
    digits: 13
    match: '\b\d{16}\b'
    check: {validator: luhn, not_placeholder: true}
    action: log
    tests: {hit: ["4024007103939509"], miss: ["4024007103939508"]}
  - id: SP-9003
    name: project
    category: names
    list: [Blue Heron, Falkenberg]
    action: block
    tags: [sour]
    tests: {hit: [Falkenberg], miss: [Falke]}
END
}

explain() { # STATUS ARGUMENT...
    local want=$1

    shift
    expect "$want" "$SALLYPORT" explain --rules p.yaml "$@"
}

@test "explain ID: a rule in words" {
    explain 0 SP-9001
    diff - out <<'END'
SP-9001 plum
  file        p.yaml:7
  kind        fruit: stone-fruit
  finds       a pattern
  keywords    plum, prune
  pattern     (?:plum|prune)-([0-9a-f]{8,40})
  finding     group 1 of the pattern
  in          requests and responses; every role; every part
  views       text, clean, decoded
  action      redact, puts [redacted:stone-fruit] (the policy only monitors: log)
  excluded    p.yaml:3 until 2999-01-01: host *.corp.example; requests and responses; tool; every part
  severity    high
  confidence  medium
  entropy     at least 2.500 bits a character
  not         ^dead
  not         f00d
  streams     hold an unfinished match of up to 512 bytes; then it is taken out
  tags        sweet, owasp:LLM02
  tests       1 that hit, 1 that miss
END
    [ ! -s err ]
}

@test "explain NAME: several rules, scope, validators, lists, past exclusions" {
    explain 0 card SP-9003
    grep -qx '  in          request; user; text, tool_result' out
    grep -qx '  digits      at least 13 in a row' out
    grep -qx '  validator   luhn' out
    grep -qx '  not         a placeholder' out
    grep -qx '  finds       the words of its list' out
    grep -qx '  excluded    p.yaml:5 (expired on 2020-01-01, so of no effect): everywhere' out
    [ "$(grep -c '^SP-' out)" -eq 2 ]
}

@test "explain ID: rules of the packs, whatever they look for" {
    expect 0 "$SALLYPORT" explain --rules "$ROOT/rules/packs/secrets.yaml" \
        airbrake-key github-token-checked
    grep -q '  finds       a value behind a keyword' out
    grep -q '  validator   github-crc' out
    grep -q "  file        $ROOT/rules/packs/secrets/.*yaml:[0-9]" out
    expect 0 "$SALLYPORT" explain --rules "$ROOT/rules/packs/pii.yaml" iban
    grep -q '  validator   iban' out
}

@test "explain: a rule that is not used, and a name that is misspelt" {
    cat >level.yaml <<'END'
rules:
  - {id: SP-9101, name: dogs, category: c, action: log, keywords: [dog],
     match: dog, paranoia: 2, tests: {hit: [dog], miss: [x]}}
END
    expect 0 "$SALLYPORT" explain --rules level.yaml sp-9101
    grep -qx "  paranoia    2: not used, the policy's is 1" out
    expect 2 "$SALLYPORT" explain --rules level.yaml --text --rule dogs <<<'dog'
    grep -qx "sallyport: the policy does not use 'dogs': 'explain' without --text tells why" err
    expect 2 "$SALLYPORT" explain --rules level.yaml dosg
    grep -qx "sallyport: the policy has no rule 'dosg': is 'dogs' meant?" err
    expect 2 "$SALLYPORT" explain --rules level.yaml SP-9102
    grep -qx "sallyport: the policy has no rule 'SP-9102'" err
    sed -i '1i paranoia: 3' level.yaml
    expect 0 "$SALLYPORT" explain --rules level.yaml dogs
    grep -qx '  paranoia    2' out
}

@test "explain: what is not there is said, with status 2" {
    explain 2 SP-9001 SP-9009
    grep -q "no rule 'SP-9009'" err
    grep -q '^SP-9001' out
    explain 2
    explain 2 --text a b
    explain 2 --host x.example SP-9001
    grep -q 'rules alone goes without --text' err
    explain 2 --text nowhere
    explain 2 --text --role nobody
    explain 2 --text --on sideways
    expect 2 "$SALLYPORT" explain --rules nowhere.yaml SP-1
}

@test "explain --text: a finding, its place, its keyword, its checks" {
    printf 'a\nan old plum-0a1b2c3d4e5f here\n' >text
    explain 1 --text text
    diff - out <<'END'
text:2:13: SP-9001 plum: found, log
    value      0a...5f, 12 bytes
    keyword    plum, before it
    entropy    passed: 3.585 bits a character, at least 2.500 asked for
    not        passed
END
    expect 1 "$SALLYPORT" explain --rules p.yaml --text <text
    grep -q '^-:2:13: SP-9001' out
}

@test "explain --text: which check refused, in the order of the text" {
    printf 'plum-00000000 plum-dead1234567 4024007103939508 4000000000000002' \
        >text
    explain 0 --text text
    [ "$(grep -c ': not found, a check refused it$' out)" -eq 4 ]
    grep -q 'entropy    refused: 0.000 bits' out
    grep -q 'not        refused: matches ^dead' out
    grep -q 'validator  refused: luhn' out
    grep -q 'placeholder refused' out
    cut -d: -f3 <<<"$(grep '^text' out)" | sort -nC
}

@test "explain --text: a rule that does not look there" {
    printf '4024007103939509 plum-0a1b2c3d4e5f' >text
    explain 1 --text text
    grep -q 'SP-9002 card: found, log' out
    explain 1 --text --role tool text
    grep -q 'SP-9002 card: not found, the rule does not look at tool texts' out
    explain 1 --text --on response text
    grep -q 'SP-9002 card: not found, .* of a response' out
    explain 0 --text --role tool --host x.corp.example text
    grep -q 'SP-9001 plum: not found, .* to that host' out
}

@test "explain --text: exclusions that are in time, as scan has them" {
    cat >x.yaml <<'END'
exclude:
  - {id: SP-9005, role: tool, reason: samples, expires: 2999-01-01}
  - {id: SP-9005, value: '-000', reason: samples}
rules:
  - {id: SP-9005, name: lime, category: fruit, keywords: [lime],
     match: 'lime-\d{3}', action: log, tests: {hit: [lime-123], miss: [lime-1]}}
END
    printf 'lime-123 lime-000' >text
    expect 1 "$SALLYPORT" scan --rules x.yaml text
    [ "$(grep -c "^text:1:" out)" -eq 1 ]
    expect 0 "$SALLYPORT" scan --rules x.yaml --role tool text
    expect 1 "$SALLYPORT" explain --text --rules x.yaml text
    grep -q '^text:1:1: .*: found, log$' out
    grep -q '^text:1:10: .*: not found, an exclusion takes such values out$' out
    expect 0 "$SALLYPORT" explain --text --rules x.yaml --role tool text
    [ "$(grep -c 'the rule does not look at tool texts' out)" -eq 2 ]
}

@test "explain --text: what rules and exclusions ask about" {
    cat >w.yaml <<'END'
exclude:
  - {id: SP-9006, path: "/v1/files/*", reason: samples}
rules:
  - {id: SP-9006, name: fig, category: fruit, keywords: [fig],
     when: {model: "m-*", exe: "*/curl"},
     match: 'fig-\d{3}', action: log, tests: {hit: [fig-123], miss: [fig-1]}}
END
    printf 'fig-123' >text
    asked() { # STATUS ENDING ARGUMENT...
        local status=$1 ending=$2

        shift 2
        expect "$status" "$SALLYPORT" explain --text --rules w.yaml "$@" text
        grep -q "^text:1:1: SP-9006 fig: $ending$" out
        expect "$status" "$SALLYPORT" scan --rules w.yaml "$@" text
    }
    asked 1 'found, log'
    asked 1 'found, log' --model M-1 --exe /bin/curl --path /v1/chat
    asked 0 'not found, .* a request, that model' --model n
    asked 0 'not found, .* a request, of that program' --exe /bin/wget
    asked 0 'not found, .* a request, that path' --path /v1/files/1
}

@test "explain --text --rule: that rule alone, also where it is silent" {
    printf 'prune, plum-0a1b2c3d4e5f\n' >text
    explain 1 --text --rule SP-9001 text
    [ "$(grep -c '^text' out)" -eq 1 ]
    printf 'a prune\n' >text
    explain 0 --text --rule plum text
    diff - out <<'END'
text:1:3: SP-9001 plum: not found, the pattern does not match behind the keyword
    keyword    2 of its list
END
    explain 0 --text --rule SP-9003 text
    grep -q 'SP-9003 project: not found, ' out
    explain 2 --text --rule SP-9009 text
}

@test "explain: what must stand near, or must not" {
    cat >>p.yaml <<'END'
  - id: SP-9004
    name: pear
    category: fruit
    keywords: [pear]
    match: 'pear-\d{3}'
    near: {words: [ripe], within: sentence}
    unless: {words: [canned], within: 20}
    action: log
    tests: {hit: [a ripe pear-123], miss: [pear-123]}
END
    explain 0 SP-9004
    grep -q '^  near        .*ripe' out
    grep -q '^  unless      .*canned' out
    printf 'a ripe pear-123' >text
    explain 1 --text text
    grep -q 'near       passed' out
    printf 'a pear-123. a ripe canned pear-123' >text
    explain 0 --text text
    [ "$(grep -c 'near       refused' out)" -eq 2 ]
}

@test "explain --text: through which views" {
    printf 'plu\342\200\213m-0a1b2c3d4e5f\n' >text
    explain 1 --text text
    diff - out <<'END'
text:1:7: SP-9001 plum: found, log
    value      0a...5f, 12 bytes
    views      clean
    checks     passed: of the value as it is read there
END
    printf 'plu\342\200\213m-dead12345678\n' >text
    explain 0 --text text
    grep -q ': not found, a check refused it$' out
    grep -q 'checks     refused' out
}

@test "explain --text: a policy with pseudonyms, with every key there is" {
    echo 'tell jane doe' >t
    expect 1 "$SALLYPORT" explain --text t \
        --rules "$ROOT/rules/examples/reference.yaml"
    grep -qx 't:1:6: SP-10206 people: found, pseudonymize' out
}

@test "explain --text never shows a value" {
    printf 'key %s, plum-0a1b2c3d, Blue Heron' "$KEY" >text
    expect 1 "$SALLYPORT" explain --text --rules p.yaml text
    if grep -qF -e 0a1b2c3d -e 'Blue Heron' out err; then return 1; fi
    expect 1 "$SALLYPORT" explain --text \
        --rules "$ROOT/rules/packs/secrets.yaml" text
    grep -q 'value      AK...ZK, 20 bytes' out
    if grep -qF -e "$KEY_TAIL" out err; then return 1; fi
}

@test "explain --text: a keyword of two words, whatever stands between them" {
    printf '%s\n' 'rules:' \
        '  - {id: SP-9005, name: two, category: c, action: log,' \
        '     keywords: [blue heron], match: "(?i)blue\\s+heron [0-9]",' \
        '     tests: {hit: [blue heron 1], miss: [blue heron]}}' >two.yaml
    printf 'a\nblue\n  heron 1' >text
    expect 1 "$SALLYPORT" explain --rules two.yaml --text text
    grep -qx '    keyword    blue heron, in it' out
    printf 'a\nblue\n  heron' >text
    expect 0 "$SALLYPORT" explain --rules two.yaml --text --rule two text
    grep -q '^text:2:1: SP-9005 two: not found, the pattern does not match' out
}

@test "explain shows whole characters, and those that show nothing by number" {
    # a keyword that no eye sees, letters of several bytes, and a C1 control
    printf '%s\n' 'rules:' \
        '  - {id: SP-9005, name: wide, category: c, action: log,' \
        '     keywords: ["\u200b\u200b"], match: "\u200b\u200b.{12}",' \
        '     views: text, tests: {hit: ["\u200b\u200bpppppppppppp"],' \
        '     miss: [p]}}' >wide.yaml
    printf '\u200b\u200b\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9' >text
    printf '\u00e9\u00e9\u0416\u009b' >>text
    expect 1 "$SALLYPORT" explain --rules wide.yaml --text text
    diff - out <<'END'
text:1:1: SP-9005 wide: found, log
    value      <U+200B><U+200B>...Ж?, 30 bytes
    keyword    <U+200B><U+200B>, in it
END
    # twelve bytes of four characters: two at each end would be all of it
    printf '%s\n' 'rules:' \
        '  - {id: SP-9005, name: few, category: c, action: log,' \
        '     list: [語語語語]}' >wide.yaml
    printf 'x 語語語語' >text
    expect 1 "$SALLYPORT" explain --rules wide.yaml --text text
    if grep -q 語 out; then return 1; fi
    grep -qx '    value      12 bytes' out
}

@test "explain --text: nothing there, and what is no text" {
    explain 0 --text </dev/null
    [ "$(cat out)" = '-: nothing is found, and nothing refused by a check' ]
    printf '\377' >text
    explain 2 --text text
    grep -q 'not valid UTF-8' err
}
