#!/bin/bash
# Speaks to the proxy from inside its container:
#   docker compose exec proxy bash /usr/local/etc/haproxy/runtime.sh drain backend     no new requests; in flight finish
#   … ready backend        back into the rotation, as soon as its /ready says so
#   … state                a line each: server, its state, its sessions, what its /ready said (L7OK)
#   … counters             answers given to clients since the proxy started, and how many of them were 5xx
#   … probe                succeeds while at least one server can take requests
set -euo pipefail

say() {
  exec 3<> /dev/tcp/127.0.0.1/9999
  printf '%s\n' "$1" >&3
  timeout 2 cat <&3
  exec 3>&-
}

# Of the backends: 4 a line for each server, 2 one for all of them. Columns by name; of a state its first
# word, and of a check under way (`* …`) what the one before said.
columns() {
  local rows=$1
  shift
  say "show stat backends $rows -1" | awk -F, -v wanted="$*" '
    /^#/ { sub(/^# /, ""); for (i = 1; i <= NF; i++) at[$i] = i; count = split(wanted, name, " "); next }
    $2 != "" { line = ""; for (i = 1; i <= count; i++) { value = $at[name[i]]; sub(/^\* /, "", value); sub(/ .*/, "", value); line = line (i > 1 ? " " : "") value }; print line }'
}

case ${1:-} in
  drain | ready)
    answer=$(say "set server backends/${2:?which server} state $1")
    if [ -n "${answer//[$'\n ']/}" ]; then echo "$answer" >&2; exit 1; fi
    ;;
  state)
    columns 4 svname status scur check_status
    ;;
  counters)
    columns 2 hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other | awk '{ print $1 + $2 + $3 + $4 + $5 + $6, $5 + 0 }'
    ;;
  probe)
    columns 4 status | awk '/^UP/ { up++ } END { exit up ? 0 : 1 }'
    ;;
  *)
    echo "usage: runtime.sh drain|ready SERVER, or state, counters, probe" >&2
    exit 64
    ;;
esac
