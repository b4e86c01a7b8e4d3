#!/bin/bash
# One session of curl; see client.py for what is printed. More options for
# curl stand in CURL_OPTIONS; with AT_ONCE set, all requests go at once.
set -eu

ca=$1
shift
read -ra more <<<"${CURL_OPTIONS:-}"
arguments=()
while [ "$#" -gt 0 ]; do
    [ "${#arguments[@]}" -eq 0 ] || arguments+=(--next)
    arguments+=(-sS --cacert "$ca" --max-time 60 "${more[@]}" -X "$1"
        -w '\nSTATUS %{http_code} retry=%header{x-should-retry}\n')
    [ "$1" != HEAD ] || arguments+=(-I)
    [ "$3" = - ] || arguments+=(-H 'Content-Type: application/json'
        --data-binary "@$3")
    arguments+=("$2")
    shift 3
done
[ -z "${AT_ONCE:-}" ] || arguments=(-Z --parallel-immediate "${arguments[@]}")
exec curl "${arguments[@]}"
