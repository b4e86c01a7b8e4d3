#!/bin/bash
# vim as its plug-ins do it: a request by curl, started from within and read into
# a buffer. See client.py for what is printed.
set -eu

out=$(mktemp)
trap 'rm -f "$out"' EXIT
here=$(dirname "$0")
words=$(printf ' %q' "$here/client.sh" "$@")
vim -es -u NONE -i NONE -n --cmd "let \$OUT='$out'" \
    --cmd "call writefile(split(system('${words//\'/\'\'}'), \"\\n\", 1), \$OUT, 'b')" \
    --cmd 'qa!' </dev/null
cat "$out"
