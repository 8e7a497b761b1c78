#!/bin/sh
# Lets a conformance suite for witnesses start ours with the flags that it knows: a fresh home beside the
# database file that it names, told of its log, listening where it says. LIFEBOAT names the program.
set -eu
while [ $# -gt 1 ]; do
    case $1 in
    --database-url) home=${2#sqlite://}.home ;;
    --listen) listen=$2 ;;
    --log) key=${2#*=} ;;
    esac
    shift 2
done
lifeboat() { "$LIFEBOAT" --home "$home" "$@" >/dev/null; }
lifeboat init --as witness --no-passphrase --no-mdns --listen /ip4/127.0.0.1/tcp/0
lifeboat witness trust "$key"
lifeboat witness serve "$listen"
exec "$LIFEBOAT" --home "$home" node
