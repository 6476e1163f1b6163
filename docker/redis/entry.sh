#!/bin/sh
# The password into a file that only this container's memory holds, then the server.
set -eu
umask 077
printf 'requirepass %s\n' "$REDIS_PASSWORD" > /tmp/password.conf
exec "$@"
