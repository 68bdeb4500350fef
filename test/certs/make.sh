#!/usr/bin/env bash
# Makes the certificates of the tests anew, valid for a hundred years: an authority, a server's certificate for
# localhost and a client's, both signed by it. Needs openssl 3.
set -euo pipefail
cd "$(dirname "$0")"
days=36500

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

# name, subject, extensions
signed() {
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -days "$days" -CA ca.crt -CAkey ca.key -extfile <(printf '%s\n' "$3") -out "$1.crt" 2>/dev/null
}

key ca
openssl req -x509 -new -key ca.key -days "$days" -subj "/CN=Grebe test authority" -out ca.crt
signed server "/CN=localhost" "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
extendedKeyUsage=serverAuth"
signed client "/CN=grebe-test-client" "subjectAltName=DNS:grebe-test-client
extendedKeyUsage=clientAuth"
