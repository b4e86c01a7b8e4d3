#!/usr/bin/env bats
# A build tree knows its headers, by whatever name it is called.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    TREE=$BATS_TEST_TMPDIR/tree
    mkdir "$TREE"
    ln -s "$TREE" "$BATS_TEST_TMPDIR/link"
    unset MAKEFLAGS MAKELEVEL
}

# asks B - what make would do in this tree: 0 nothing, 1 something, if it were
# so that the header is newer.
asks() {
    make -q "B=$1" "$1/shim/base/err.o" || return 2
    ! make -q -W shim/base/err.h "B=$1" "$1/shim/base/err.o"
}

@test "by an absolute path, a relative one, and a link" {
    local other
    other=$(realpath --relative-to=. "$TREE")
    make -s "B=$other" "$other/shim/base/err.o"
    asks "$other"
    asks "$TREE"
    asks "$BATS_TEST_TMPDIR/link"
}
