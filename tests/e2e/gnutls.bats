#!/usr/bin/env bats
# The GnuTLS door: each of its functions by a program of our own with the toy
# engine, then the real programs that Debian links to it. What each of them
# redacts and refuses stands in the matrix.

load ../lib/e2e

TESTS=$BUILD/tests
SHIM=$BUILD/libsallyport.so

setup_file() {
    local port dir=$BATS_FILE_TMPDIR/nginx
    made B="$BUILD" helpers "$SHIM"
    server_start
    port=$(free_port)
    export WEB=https://127.0.0.2:$port
    mkdir -p "$dir/root"
    repository "$dir/root/repo.git"
    head -c 20000000 /dev/urandom >"$dir/root/big"
    cat >"$dir/conf" <<END
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server {
        listen 127.0.0.1:$port ssl;
        listen 127.0.0.2:$port ssl;
        ssl_certificate $BATS_FILE_TMPDIR/certs/cert.pem;
        ssl_certificate_key $BATS_FILE_TMPDIR/certs/key.pem;
        root $dir/root;
    }
}
END
    nginx -c "$dir/conf" -p "$dir" >"$dir/out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/servers"
    waits_for "$port"
}

# A bare repository that any server of files can give away.
repository() {
    local work=$BATS_FILE_TMPDIR/work i
    git init -q "$work"
    for ((i = 0; i < 50; i++)); do
        head -c 20000 /dev/urandom >"$work/file-$i"
    done
    git -C "$work" add .
    git -C "$work" -c user.name=test -c user.email=test@example.com \
        commit -q -m first
    git clone -q --bare "$work" "$1"
    git -C "$1" update-server-info
}

teardown_file() {
    servers_stop
}

setup() {
    test_begin
}

# both CASE - a case of prog_gnutls under TLS 1.2 and TLS 1.3.
both() {
    local version
    for version in 1.2 1.3; do
        one "$1" "$version"
    done
}

one() {
    timeout 120 env LD_PRELOAD="$SHIM" SALLYPORT_POLICY=toy \
        SALLYPORT_ENGINE="$TESTS/so_toy_engine.so" "$TESTS/prog_gnutls" "$@"
}

@test "a request is edited, the next one on the connection too" {
    both plain
}

@test "a host that is not watched gets its own bytes" {
    both pass
}

@test "a block: woken, answered, a clean end, later writes swallowed" {
    both block
}

@test "a failure is fatal, and stays" {
    both fail
}

@test "a block in the middle of an answer" {
    both cut
}

@test "an end without notice lets out what was held, then is an error" {
    both tail
}

@test "a byte in, a byte out" {
    both bytes
}

@test "a peer that does not read: E_AGAIN, and each way to go on" {
    both again
}

@test "corked and uncorked" {
    both cork
}

@test "half a close, and another answer" {
    both half-close
}

@test "new keys in the middle, asked by each side" {
    one update 1.3
}

@test "new handshakes on the connection, of the client's wish and the server's" {
    one anew 1.2
    one anew-asked 1.2
}

@test "sessions in 50 threads" {
    both sessions
}

@test "fork in the middle of a request: either side goes on" {
    both fork-within
}

@test "early data is refused, the session goes on" {
    one early 1.3
}

@test "files and packets are refused, the session goes on" {
    both refused
}

@test "the other names of sending and receiving" {
    both forms
}

@test "every case under the thread sanitizer" {
    local tree=$ROOT/build/thread what
    made SANITIZE=thread build/thread/libsallyport.so \
        build/thread/tests/prog_gnutls build/thread/tests/so_toy_engine.so
    for what in plain pass block fail cut tail bytes again cork half-close \
        update refused forms "anew 1.2" "anew-asked 1.2" sessions fork-within \
        early; do
        # shellcheck disable=SC2086 # the case is words
        timeout 120 env SALLYPORT_POLICY=toy \
            LD_PRELOAD="$(readlink -f "$(gcc -print-file-name=libtsan.so)") \
                $tree/libsallyport.so" \
            SALLYPORT_ENGINE="$tree/tests/so_toy_engine.so" \
            "$tree/tests/prog_gnutls" $what
    done
}

@test "git over https clones the same repository" {
    ldd /usr/lib/git-core/git-remote-https | grep -q libcurl-gnutls ||
        skip "git has another TLS library"
    GIT_SSL_CAINFO=$CA shim git clone -q "$WEB/repo.git" got
    is "$(git -C got rev-parse HEAD)" \
        "$(git -C "$BATS_FILE_TMPDIR/work" rev-parse HEAD)"
    git -C got fsck --strict
    [ ! -s "$AUDIT" ] || fail "something was inspected"
}

@test "aria2c and wget bring 20 MB that are the same" {
    local big=$BATS_FILE_TMPDIR/nginx/root/big
    shim aria2c -q -x4 -s4 -k1M --ca-certificate="$CA" -o aria "$WEB/big"
    cmp aria "$big"
    shim wget -q --ca-certificate="$CA" -O wget "$WEB/big"
    cmp wget "$big"
}

@test "a function fetched by name is ours" {
    cat >fetch.py <<'END2'
import ctypes
library = ctypes.CDLL("libgnutls.so.30")
for name in "gnutls_record_send", "gnutls_handshake", "gnutls_init":
    at = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    for line in open("/proc/self/maps"):
        first, last = (int(x, 16) for x in line.split()[0].split("-"))
        if first <= at < last:
            print(name, line.split()[-1].split("/")[-1].split(".so")[0])
END2
    shim "$PYTHON" fetch.py >out
    is "$(paste -sd , out)" "gnutls_record_send libsallyport,gnutls_handshake libsallyport,gnutls_init libgnutls"
}
