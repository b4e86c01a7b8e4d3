# shellcheck disable=SC2034,SC2154 # set for, and by, those who load this
# The programs of the matrix. Each speaks the command line of
# tests/e2e/clients/client.py: CA METHOD URL BODYFILE [...]; those that talk over
# a WebSocket that of talk.py: CA URL FILE.

programs() {
    printf '%s\n' curl curl-http2 wget aria2c git \
        python-http python-urllib python-urllib3 python-requests python-httpx \
        python-httpx-async python-aiohttp python-pycurl httpie \
        ruby perl perl-tiny php-streams php-curl lua r-curl r-httr \
        node20-https node20-fetch node22-https node22-fetch \
        node24-https node24-fetch node-debian-https node-debian-fetch \
        emacs vim s_client gnutls-cli socat nginx stunnel \
        python-websockets python-websocket perl-websocket node-websocket
}

# program_of NAME - sets `program` (command and first arguments), `door` and
# what it `can`: pass, redact and block (send bodies), stream, keep a session;
# q: several requests at once in one process; u: head fields in any order. `by`:
# it sends requests, or talks.
program_of() {
    door=OpenSSL can=prbsk needs='' by=request
    case $1 in
    curl) program=("$CLIENTS/client.sh") can+=q ;;
    curl-http2)
        program=(env CURL_OPTIONS=--http2 "$CLIENTS/client.sh") can+=q
        ;;
    wget) program=("$CLIENTS/tool.sh" wget) door=GnuTLS needs=wget ;;
    httpie) program=("$CLIENTS/tool.sh" httpie) needs=http ;;
    aria2c) program=("$CLIENTS/tool.sh" aria2c) door=GnuTLS can=ps needs=aria2c ;;
    git) program=("$CLIENTS/tool.sh" git) door=GnuTLS can=ps needs=git ;;
    s_client) program=("$CLIENTS/tool.sh" s_client) needs=openssl ;;
    gnutls-cli) program=("$CLIENTS/tool.sh" "$1") door=GnuTLS needs=$1 ;;
    socat) program=("$CLIENTS/tool.sh" socat) needs=socat ;;
    python-pycurl)
        program=("$PYTHON" "$CLIENTS/client.py" pycurl) door=GnuTLS can+=q
        ;;
    python-websockets | python-websocket)
        program=("$PYTHON" "$CLIENTS/talk.py" "${1#python-}") by=talk
        ;;
    perl-websocket) program=(perl "$CLIENTS/talk.pl") by=talk ;;
    node-websocket)
        program=("$CLIENTS/node-debian" "$CLIENTS/talk.js") by=talk
        ;;
    python-http | python-urllib | python-requests | python-httpx)
        program=("$PYTHON" "$CLIENTS/client.py" "${1#python-}")
        ;;
    python-*) program=("$PYTHON" "$CLIENTS/client.py" "${1#python-}") can+=q ;;
    ruby) program=(ruby "$CLIENTS/client.rb") needs=ruby ;;
    perl) program=(perl "$CLIENTS/client.pl") ;;
    perl-tiny) program=(perl "$CLIENTS/client-tiny.pl") can+=u ;;
    php-*) program=(php "$CLIENTS/client.php" "${1#php-}") needs=php ;;
    lua) program=(lua5.3 "$CLIENTS/client.lua") needs=lua5.3 can+=u ;;
    r-*)
        program=(Rscript --vanilla "$CLIENTS/client.R" "${1#r-}")
        needs=Rscript
        ;;
    node-debian-*)
        program=("$CLIENTS/node-debian" "$CLIENTS/client.js" "${1##*-}")
        can+=q
        ;;
    node2[024]-*) # official builds: OpenSSL is linked into the program
        program=("$NPM/${1%%-*}/bin/node" "$CLIENTS/client.js" "${1##*-}")
        can+=q needs="${program[0]}" door='OpenSSL inside'
        ;;
    emacs)
        program=(emacs -Q --batch -l "$CLIENTS/client.el") needs=emacs
        door=GnuTLS
        ;;
    vim) program=("$CLIENTS/vim.sh") needs=vim ;;
    nginx | stunnel) program=("$CLIENTS/proxy.py" "$1") ;;
    *) return 1 ;;
    esac
}

# Whether it is on this machine: a client that lacks something ends with 77.
program_is_here() {
    local status=0
    [ -z "$needs" ] || command -v "$needs" >/dev/null || return 1
    if [ "$by" = talk ]; then
        echo '{"type":"test.echo"}' >"$work/echo"
        run "$TALK_PLAIN" "$work/echo" >"$work/here" 2>&1
        return
    fi
    run >"$work/here" 2>&1 || status=$?
    [ "$status" -ne 77 ]
}

run() {
    NODE_EXTRA_CA_CERTS=$CA timeout 120 "${program[@]}" "$CA" "$@"
}

run_guarded() {
    NODE_EXTRA_CA_CERTS=$CA timeout 120 "$SALLYPORT" run --rules "$POLICY" \
        --audit "$AUDIT" -- "${program[@]}" "$CA" "$@"
}
