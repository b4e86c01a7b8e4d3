# The programs of the matrix. Each speaks the command line of
# tests/e2e/clients/client.py: CA METHOD URL BODYFILE [...].

programs() {
    printf '%s\n' curl curl-http2 wget aria2c \
        python-http python-urllib3 python-requests python-httpx \
        python-httpx-async python-aiohttp python-pycurl httpie \
        ruby perl perl-tiny php-streams php-curl lua r-curl r-httr \
        node20-https node20-fetch node22-https node22-fetch \
        node24-https node24-fetch node-debian-https node-debian-fetch \
        emacs vim s_client gnutls-cli socat nginx stunnel
}

# program_of NAME - sets `program` (command and first arguments), `door` and
# what it `can`: pass, redact and block (send bodies), stream, keep a session;
# q: several requests at once in one process; u: head fields in any order.
program_of() {
    door=OpenSSL can=prbsk needs=
    case $1 in
    curl) program=("$CLIENTS/client.sh") ;;
    curl-http2) program=(env CURL_OPTIONS=--http2 "$CLIENTS/client.sh") ;;
    wget) program=("$CLIENTS/tool.sh" wget) door=GnuTLS needs=wget ;;
    httpie) program=("$CLIENTS/tool.sh" httpie) needs=http ;;
    aria2c) program=("$CLIENTS/tool.sh" aria2c) door=GnuTLS can=ps needs=aria2c ;;
    s_client) program=("$CLIENTS/tool.sh" s_client) needs=openssl ;;
    gnutls-cli) program=("$CLIENTS/tool.sh" "$1") door=GnuTLS needs=$1 ;;
    socat) program=("$CLIENTS/tool.sh" socat) needs=socat ;;
    python-pycurl)
        program=("$PYTHON" "$CLIENTS/client.py" pycurl) door=GnuTLS can+=q
        ;;
    python-http | python-requests | python-httpx)
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
