#!/bin/sh
# Makes a certificate authority and a server certificate for localhost and
# 127.0.0.1 and .2 in the folder given: ca.pem, cert.pem, key.pem. For tests only.
set -eu

dir=$1
mkdir -p "$dir"
cd "$dir"

openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -sha256 -days 30 -out ca.pem \
    -subj '/CN=sallyport test authority' \
    -addext 'basicConstraints=critical,CA:TRUE' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign'

openssl ecparam -name prime256v1 -genkey -noout -out key.pem
openssl req -new -key key.pem -subj '/CN=localhost' -out server.csr
cat >server.ext <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
END
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -sha256 -days 30 \
    -set_serial "0x$(openssl rand -hex 8)" -extfile server.ext -out cert.pem \
    2>/dev/null
