#!/bin/bash
# Requests by a command-line program, one process and session each; see
# client.py for what is printed.
#
#     tool.sh KIND CA METHOD URL BODYFILE [...]
set -eu

kind=$1 ca=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The answer as it came, heads and all, from a program that only does TLS:
# the request goes in, and the server ends the session.
raw_request() { # METHOD URL BODYFILE
    local place=${2#http*://}
    local target=/${place#*/}
    place=${place%%/*}
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n' \
        "$1" "$target" "$place"
    if [ "$3" != - ]; then
        printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n' \
            "$(wc -c <"$3")"
        cat "$3"
    else
        printf '\r\n'
    fi
}

raw_answer() { # FILE
    /usr/bin/python3 - "$1" <<'END'
import email
import sys

data = open(sys.argv[1], "rb").read()
head, _, body = data.partition(b"\r\n\r\n")
first, _, rest = head.partition(b"\r\n")
fields = email.message_from_bytes(rest + b"\r\n\r\n")
if "chunked" in (fields["transfer-encoding"] or ""):
    chunked, body = body, b""
    while True:
        size, _, chunked = chunked.partition(b"\r\n")
        if int(size, 16) == 0:
            break
        body += chunked[:int(size, 16)]
        chunked = chunked[int(size, 16) + 2:]
sys.stdout.buffer.write(body)
print("\nSTATUS", first.split()[1].decode(),
      "retry=" + (fields["x-should-retry"] or ""))
END
}

raw() { # METHOD URL BODYFILE - the program and its arguments stand in `tls`
    raw_request "$@" >"$work/request"
    "${tls[@]}" <"$work/request" >"$work/answer"
    raw_answer "$work/answer"
}

one() { # METHOD URL BODYFILE
    local place=${2#http*://}
    place=${place%%/*}
    local host=${place%:*} port=${place#*:} more=() status
    case $kind in
    wget)
        [ "$3" = - ] || more=(--body-file="$3"
            --header='Content-Type: application/json')
        wget -q --no-config --no-hsts --ca-certificate="$ca" --method="$1" \
            "${more[@]}" --content-on-error --server-response --tries=1 \
            -O "$work/body" "$2" 2>"$work/head" ||
            [ "$?" -eq 8 ] || { cat "$work/head" >&2; exit 1; }
        cat "$work/body"
        status=$(sed -n 's,^ *HTTP/1.1 \([0-9]*\).*,\1,p' "$work/head")
        printf '\nSTATUS %s retry=%s\n' "$status" \
            "$(sed -n 's/^ *x-should-retry: *//p' "$work/head")"
        ;;
    httpie)
        [ "$3" != - ] || more=(--ignore-stdin)
        [ "$3" = - ] || exec <"$3"
        http --verify="$ca" --print=hb --pretty=none --timeout=60 \
            "${more[@]}" "$1" "$2" Content-Type:application/json \
            >"$work/answer"
        sed -i '/^Transfer-Encoding:/Id' "$work/answer" # done by httpie
        raw_answer "$work/answer"
        ;;
    aria2c)
        aria2c -q --no-conf --ca-certificate="$ca" --dir="$work" -o body \
            --allow-overwrite=true --max-tries=1 "$2" || status=$?
        [ "${status:-0}" -eq 0 ] && cat "$work/body"
        printf '\nSTATUS %s retry=\n' \
            "$([ "${status:-0}" -eq 0 ] && echo 200 || echo "error $status")"
        ;;
    git) # as it fetches a bundle that a repository names
        printf 'get %s %s\n\n' "$2" "$work/body" |
            GIT_SSL_CAINFO=$ca git remote-https "$2" "$2" >/dev/null ||
            status=$?
        [ "${status:-0}" -eq 0 ] && cat "$work/body"
        printf '\nSTATUS %s retry=\n' \
            "$([ "${status:-0}" -eq 0 ] && echo 200 || echo "error $status")"
        ;;
    s_client)
        tls=(openssl s_client -quiet -verify_return_error -CAfile "$ca"
            -servername "$host" -connect "$host:$port")
        raw "$@" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
        ;;
    gnutls-cli)
        tls=(gnutls-cli --logfile=/dev/null --x509cafile "$ca"
            -p "$port" "$host")
        raw "$@"
        ;;
    socat)
        tls=(socat -t 60 - "OPENSSL:$host:$port,cafile=$ca,snihost=$host")
        [[ $2 == https:* ]] || tls=(socat -t 60 - "TCP:$host:$port")
        raw "$@"
        ;;
    esac
}

while [ "$#" -gt 0 ]; do
    one "$1" "$2" "$3"
    shift 3
done
