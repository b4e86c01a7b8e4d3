#!/usr/bin/env bats
# CPython's own tests of its sockets, its TLS and of what is built on them: the
# same result for each test with the shim and without.

load ../lib/e2e

setup() {
    "$PYTHON" -c 'import test.test_ssl' 2>/dev/null ||
        skip "libpython3.11-testsuite is not installed"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# outcomes FILE - "test outcome" lines of a JUnit report, in order.
outcomes() {
    "$PYTHON" - "$1" <<'END'
import sys
import xml.etree.ElementTree as tree

for case in sorted(tree.parse(sys.argv[1]).iter("testcase"),
                   key=lambda case: case.get("name")):
    how = sorted({part.tag for part in case} - {"system-out", "system-err"})
    print(case.get("name"), case.get("result"), *how)
END
}

# Both at once: their servers take free ports.
same() { # MODULE [OPTION...]
    mkdir bare shim
    (cd bare && timeout 400 "$PYTHON" -m test --junit-xml bare.xml "$@" \
        >out 2>&1) &
    local pid=$!
    (cd shim && timeout 400 "$SALLYPORT" run --audit "$PWD/audit" -- \
        "$PYTHON" -m test --junit-xml shim.xml "$@" >out 2>&1) || true
    wait "$pid" || true
    find . -name bare.xml -exec cp {} bare.report \;
    find . -name shim.xml -exec cp {} shim.report \;
    outcomes bare.report >bare.list
    outcomes shim.report >shim.list
    [ "$(wc -l <bare.list)" -ge "$LEAST" ]
    diff bare.list shim.list || { tail -n 60 shim/out; return 1; }
}

@test "cpython: ssl" { LEAST=150 same test_ssl; }
@test "cpython: http.client" { LEAST=90 same test_httplib; }
@test "cpython: urllib" { LEAST=20 same test_urllib2_localnet; }
@test "cpython: ftplib" { LEAST=90 same test_ftplib; }
@test "cpython: poplib" { LEAST=70 same test_poplib; }
@test "cpython: imaplib" { LEAST=100 same test_imaplib; }
@test "cpython: socket" { # without what has a fixed name on the machine
    LEAST=600 same test_socket -i '*VSOCK*' -i '*AbstractNamespace*'
}
@test "cpython: asyncio without TLS" {
    LEAST=30 same test_asyncio -m '*sock_lowlevel*' -m '*sendfile*'
}
@test "cpython: asyncio with TLS" {
    LEAST=100 same test_asyncio -m '*ssl*' -m '*Ssl*' -m '*SSL*'
}
