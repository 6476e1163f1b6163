#!/bin/sh
# Writes .env.example to standard output with a random value for every secret that needs one. Wants openssl.
set -eu
cd "$(dirname "$0")/.."
base64url() { openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n'; }
while IFS= read -r line; do
  case $line in
    BOOTSTRAP_API_KEY=) printf '%svl_%s_%s\n' "$line" "$(openssl rand -hex 6)" "$(base64url)" ;;
    *_PASSWORD= | *_TOKEN= | WEBHOOK_KEY=) printf '%s%s\n' "$line" "$(openssl rand -hex 24)" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < .env.example
