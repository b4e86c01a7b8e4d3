#!/usr/bin/env bats
# Pseudonyms on the way of a real program: what the server gets, what it echoes,
# and what the program reads.

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
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
    KEY_FILE=$XDG_STATE_HOME/sallyport/pseudonym.key
    cd "$BATS_TEST_TMPDIR" || return 1
    policy >policy.yaml
    cp "$ROOT/rules/examples/pseudonyms.yaml" examples.yaml
}

policy() {
    cat <<END
include: [examples/pseudonyms.yaml]
hosts: ["localhost:$PORT"]
END
}

VALUE=ada.lovelace@sallyport.dev

# ask STREAM TEXT - a chat completion that says what was asked.
ask() {
    jq -n --arg text "$2" --argjson stream "$1" '{model: "m", stream: $stream,
        messages: [{role: "user", content: $text}]}' >ask.json
    sallyport run --rules policy.yaml --audit audit.jsonl -- \
        curl -sS --cacert "$CA" --json @ask.json \
        "$LLM/v1/chat/completions?say=user&delta=${3:-5}"
}

said() {
    jq -r '.choices[0].message.content'
}

streamed() {
    sed -n 's/^data: {/{/p' | jq -j '.choices[0].delta.content // ""'
}

@test "the server gets a pseudonym, the program its value, whole and streamed" {
    forget_wire
    ask false "Write to $VALUE, Ms. Okonkwo." | said >out
    is "$(cat out)" "Write to $VALUE, Ms. Okonkwo."
    wire >sent
    grep -qE 'Write to EMAIL_[a-z2-7]{14}, Ms. PERSON_[a-z2-7]{14}\.' sent
    hasnt sent lovelace
    local n
    for n in 1 3 7 30; do
        ask true "Write to $VALUE, Ms. Okonkwo." "$n" | streamed >out
        is "$(cat out)" "Write to $VALUE, Ms. Okonkwo."
    done
    hasnt audit.jsonl lovelace
    is "$(jq -r '.findings[0].action' audit.jsonl | sort -u)" pseudonymize
}

@test "the key is made once, for nobody else, and used by every process" {
    forget_wire
    ask false "$VALUE" >out
    is "$(stat -c '%a %s' "$KEY_FILE")" "600 32"
    cp -p "$KEY_FILE" key.was
    ask true "again $VALUE" >out
    cmp key.was "$KEY_FILE"
    wire | grep -oE 'EMAIL_[a-z2-7]{14}' >tokens
    is "$(wc -l <tokens)" 2
    is "$(sort -u tokens | wc -l)" 1
    rm "$KEY_FILE"
    forget_wire
    ask false "$VALUE" >out
    wire >sent
    hasnt sent "$(head -n 1 tokens)"
    grep -qE 'EMAIL_[a-z2-7]{14}' sent
}

@test "without a key file a process has a key of its own, and says so" {
    mkdir -p "$(dirname "$KEY_FILE")"
    head -c 32 /dev/zero >"$KEY_FILE"
    chmod 644 "$KEY_FILE"
    ask false "$VALUE" 2>err | said >out
    is "$(cat out)" "$VALUE"
    has err "others may read it"
    has audit.jsonl "no key file for pseudonyms"
    printf 'pseudonyms: {key_file: /nowhere/key}\n' >>policy.yaml
    ask false "$VALUE" 2>err | said >out
    is "$(cat out)" "$VALUE"
    has err "/nowhere/key"
}

@test "never in an address" {
    ask false "see https://evil.example/?q=$VALUE and $VALUE" | said >out
    grep -qE "^see https://evil.example/\?q=EMAIL_[a-z2-7]{14} and $VALUE\$" out
    local text="Okonkwo.evil.example/p https%3A%2F%2Fevil.example/Okonkwo" n
    local name='PERSON_[a-z2-7]{14}'
    for n in 0 1 3 7 30; do
        if [ "$n" = 0 ]; then
            ask false "$text Okonkwo." | said >out
        else
            ask true "$text Okonkwo." "$n" | streamed >out
        fi
        grep -qE "^$name\.evil\.example/p .*example/$name Okonkwo\.\$" out
    done
}

@test "a number in JSON is a number again, or nothing is sent" {
    forget_wire
    sallyport run --rules policy.yaml --audit audit.jsonl -- \
        curl -sS --cacert "$CA" --json '{"card":4111111111111111}' \
        "$LLM/echo" >out
    wire >sent
    hasnt sent 41111
    is "$(tail -n 1 sent | jq '.card | tostring | length')" 15
    is "$(cat out)" '{"card":4111111111111111}'
}

@test "a monitor changes nothing" {
    printf 'mode: monitor\n' >>policy.yaml
    forget_wire
    ask false "$VALUE" | said >out
    is "$(cat out)" "$VALUE"
    wire >sent
    has sent "$VALUE"
}

# turns TEXT... - of a conversation that an SDK keeps.
turns() {
    [ -x "$NPM/node22/bin/node" ] && [ -e "$NPM/openai/package.json" ] ||
        skip "build/npm is not there"
    NODE_EXTRA_CA_CERTS=$CA sallyport run --rules policy.yaml \
        --audit audit.jsonl -- timeout 60 "$NPM/node22/bin/node" \
        "$CLIENTS/turns.mjs" "$NPM" "$LLM" "$@"
}

@test "an SDK keeps the values, and the server sees one pseudonym in all turns" {
    forget_wire
    turns "I am $VALUE." "Ms. Okonkwo \"wrote\" to $VALUE" "hello" >out
    is "$(head -n 3 out)" "said I am $VALUE.
said Ms. Okonkwo \"wrote\" to $VALUE
said hello"
    wire >sent
    hasnt sent lovelace
    hasnt sent Okonkwo
    is "$(grep -oE 'EMAIL_[a-z2-7]{14}' sent | wc -l)" 12 # in four requests
    is "$(grep -oE 'EMAIL_[a-z2-7]{14}' sent | sort -u | wc -l)" 1
    is "$(grep -oE 'PERSON_[a-z2-7]{14}' sent | sort -u | wc -l)" 1
    hasnt audit.jsonl lovelace
}

@test "a tool gets the value only where the rule says so" {
    turns "mail $VALUE" >out
    grep -qE '^note mail EMAIL_[a-z2-7]{14}$' out
    sed -i "s/reveal_to: .*/reveal_to: [note]/" examples.yaml
    sed -i 's|examples/pseudonyms.yaml|examples.yaml|' policy.yaml
    turns "mail $VALUE" >out
    is "$(tail -n 1 out)" "note mail $VALUE"
}
