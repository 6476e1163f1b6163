#!/bin/bash
# Speaks to the proxy from inside its container:
#   docker compose exec proxy bash /usr/local/etc/haproxy/runtime.sh drain backend     no new requests; in flight finish
#   … ready backend        back into the rotation, as soon as its /ready says so
#   … state                which server is in which state, and how many sessions it has
#   … probe                succeeds while at least one server can take requests
set -euo pipefail

say() {
  exec 3<> /dev/tcp/127.0.0.1/9999
  printf '%s\n' "$1" >&3
  timeout 2 cat <&3
  exec 3>&-
}

case ${1:-} in
  drain | ready)
    answer=$(say "set server backends/${2:?which server} state $1")
    if [ -n "${answer//[$'\n ']/}" ]; then echo "$answer" >&2; exit 1; fi
    ;;
  state)
    say 'show stat backends 4 -1' | awk -F, '$2 != "" && !/^#/ { print $2, $18, $5 }'
    ;;
  probe)
    say 'show stat backends 4 -1' | awk -F, '$18 ~ /^UP/ { up++ } END { exit up ? 0 : 1 }'
    ;;
  *)
    echo "usage: runtime.sh drain|ready SERVER, or state, or probe" >&2
    exit 64
    ;;
esac
