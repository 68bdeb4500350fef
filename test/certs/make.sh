#!/usr/bin/env bash
# Makes the certificates of the tests anew, valid for a hundred years: an authority, a server's certificate for
# localhost and a client's, both signed by it. Beside them a client's of another authority, and a server's that
# expired when it was made. Needs openssl 3; what it makes is committed, so that tests do without.
set -euo pipefail
cd "$(dirname "$0")"
days=36500

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

# name, subject, extensions, authority, days
signed() {
  key "$1"
  local ca="${4:-ca}"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -days "${5:-$days}" -CA "$ca.crt" -CAkey "$ca.key" -extfile <(printf '%s\n' "$3") -out "$1.crt" 2>/dev/null
}

# name, subject
authority() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -days "$days" -subj "$2" -out "$1.crt"
}

authority ca "/CN=Grebe test authority"
authority stranger-ca "/CN=Another authority"
signed server "/CN=localhost" "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
extendedKeyUsage=serverAuth"
signed client "/CN=grebe-test-client" "subjectAltName=DNS:grebe-test-client
extendedKeyUsage=clientAuth"
signed stranger "/CN=stranger" "extendedKeyUsage=clientAuth" stranger-ca
signed expired "/CN=localhost" "subjectAltName=DNS:localhost,IP:127.0.0.1" ca 0
