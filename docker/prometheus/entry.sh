#!/bin/sh
# The token for GET /metrics into a file that only this container's memory holds, then the server.
set -eu
umask 077
printf '%s' "$METRICS_TOKEN" > /tmp/metrics-token
exec "$@"
