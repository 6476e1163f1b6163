#!/bin/sh
# Puts the webhook's address and the receiver of its kind into the configuration, in this container's memory alone.
# Kinds are told by the host as the backend tells them (docs/alerting.md); without an address nothing is sent.
set -eu
umask 077
url=${ALERT_WEBHOOK_URL:-}
kind=${ALERT_WEBHOOK_KIND:-auto}
if [ -z "$url" ]; then
  kind=none
elif [ "$kind" = auto ]; then
  case $url in
    https://hooks.slack.com/* | https://*.slack.com/*) kind=slack ;;
    https://discord.com/api/* | https://discordapp.com/api/*) kind=discord ;;
    *) kind=json ;;
  esac
fi
case $url in *[\'\"\ ]*) echo 'Refusing to start: ALERT_WEBHOOK_URL has a quote or a space in it.' >&2; exit 78 ;; esac
template=${ALERTMANAGER_TEMPLATE:-/etc/alertmanager/alertmanager.yml}
target=${ALERTMANAGER_CONFIG:-/tmp/alertmanager.yml}
WEBHOOK=$url KIND=$kind awk '
  /receiver: none/ { sub(/none/, ENVIRON["KIND"]) }
  { at = index($0, "http://webhook.invalid/")
    if (at && ENVIRON["WEBHOOK"] != "") $0 = substr($0, 1, at - 1) ENVIRON["WEBHOOK"] substr($0, at + 23)
    print }' "$template" > "$target"
exec "$@"
