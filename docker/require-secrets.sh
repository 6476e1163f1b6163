#!/bin/sh
# Runs a command only when each variable named in REQUIRE_SECRETS holds a secret worth the name: at least 24
# characters, 10 different ones, nothing that has to be escaped in a URL or a configuration file, no well-known word.
# Exit 78 (bad configuration), one line for each, and never a value in it.
set -eu
refused=0
for name in ${REQUIRE_SECRETS:-}; do
  REQUIRED_NAME=$name awk 'BEGIN {
    name = ENVIRON["REQUIRED_NAME"]; value = ENVIRON[name]; lower = tolower(value)
    count = split("password passwd changeme change-me change_me secret default example postgres vectorlane letmein qwerty 12345678 placeholder replace your-", words, " ")
    for (i = 1; i <= count; i++) if (index(lower, words[i])) word = words[i]
    for (i = 1; i <= length(value); i++) if (!(substr(value, i, 1) in seen)) { seen[substr(value, i, 1)]; different++ }
    if (value == "") why = "is empty"
    else if (word != "") why = "holds a well-known word (" word ")"
    else if (length(value) < 24) why = "is shorter than 24 characters"
    else if (value !~ /^[A-Za-z0-9._~-]+$/) why = "has characters other than A-Z a-z 0-9 . _ ~ -"
    else if (different < 10) why = "has fewer than 10 different characters"
    else exit 0
    print "Refusing to start: " name " " why ". Set it in .env, for example to the output of `openssl rand -hex 24`."
    exit 1
  }' >&2 || refused=1
done
[ "$refused" -eq 0 ] || exit 78
exec "$@"
