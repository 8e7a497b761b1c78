#!/bin/sh
# Redoes a draw from what the log says, with nothing but the hash tool of this computer.
#
#   lifeboat --json log --all --kind draw,commit,reveal,beacon | sh examples/draw/redo.sh 12
#
# 12 is the number of the draw. Each commitment is checked, the sheet is put together and hashed, and the
# order is drawn step by step, as docs/practices/rotation.md says. Prints one line a step, then the order. Where
# the draw named a beacon, its round is printed first: look it up with its operators, who publish it for ever.
set -eu

number=${1:?"which draw? give its number, such as 12"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if command -v sha256sum > /dev/null; then
    hash_of() { sha256sum | cut -c1-64; }
else
    hash_of() { shasum -a 256 | cut -c1-64; }
fi
fail() {
    echo "redo: $1" >&2
    exit 1
}

# The facts of every entry that had an effect, one a line, after the position of the entry.
grep '"void":null' | sed -n 's/.*"facts":\["\([^]]*\)"\].*"position":\([0-9]*\),.*/\2 \1/p' |
    while read -r position facts; do
        printf '%s\n' "$facts" |
            awk -v at="$position" '{ n = split($0, fact, "\",\""); for (i = 1; i <= n; i++) print at, fact[i] }'
    done > "$work/facts"

grep -E "^$number (cell|draw|first|then|beacon) " "$work/facts" | cut -d' ' -f2- > "$work/call" || true
draw=$(sed -n 's/^draw //p' "$work/call")
cell=$(sed -n 's/^cell //p' "$work/call")
[ -n "$draw" ] || fail "entry $number of what you gave me calls no draw"

# The attempt in which everything that was committed was revealed.
attempt=
for try in 1 2; do
    # place in the roster, member, commitment or secret; in roster order
    sed -n "s/^[0-9]* commit $draw $try //p" "$work/facts" | sort -n > "$work/commits"
    sed -n "s/^[0-9]* reveal $draw $try //p" "$work/facts" | sort -n > "$work/reveals"
    committed=$(cut -d' ' -f2 "$work/commits")
    revealed=$(cut -d' ' -f2 "$work/reveals")
    # round and randomness
    beacon=$(sed -n "s/^[0-9]* beacon $draw $try //p" "$work/facts")
    [ -n "$beacon" ] || ! grep -q '^beacon awaited$' "$work/call" || continue
    if [ -n "$revealed" ] && [ "$committed" = "$revealed" ]; then
        attempt=$try
        break
    fi
done
[ -n "$attempt" ] || fail "no attempt of this draw was revealed as a whole: it is open, or was drawn from a hat"

# Does each secret match its commitment?
while read -r _ member secret; do
    promised=$(sed -n "s/^[0-9]* $member //p" "$work/commits")
    computed=$(printf 'lifeboat draw commitment v1\ncell %s\ndraw %s\nattempt %s\nmember %s\nsecret %s\n' \
        "$cell" "$draw" "$attempt" "$member" "$secret" | hash_of)
    [ "$promised" = "$computed" ] || fail "the secret of $member does not match the commitment"
done < "$work/reveals"

{
    printf 'lifeboat draw v1\ncell %s\ndraw %s\nattempt %s\n' "$cell" "$draw" "$attempt"
    grep '^first ' "$work/call"
    grep '^then ' "$work/call" || true
    sed 's/^[0-9]* /reveal /' "$work/reveals"
    [ -z "$beacon" ] || echo "beacon $beacon"
} > "$work/sheet"
[ -z "$beacon" ] || echo "beacon $beacon"
seed=$(hash_of < "$work/sheet")
echo "seed $seed"

step=0
for group in first then; do
    sed -n "s/^$group //p" "$work/call" > "$work/left"
    left=$(($(wc -l < "$work/left")))
    while [ "$left" -gt 0 ]; do
        step=$((step + 1))
        digits=$(printf 'lifeboat draw step v1 %s %s\n' "$seed" "$step" | hash_of | cut -c1-12)
        value=$((0x$digits))
        # 2^48 numbers fill whole rounds; who falls into the rest is thrown away.
        if [ "$value" -ge $((281474976710656 - 281474976710656 % left)) ]; then
            echo "step $step $digits thrown away"
            continue
        fi
        index=$((value % left))
        line=$((index + 1))
        who=$(sed -n "${line}p" "$work/left")
        echo "step $step $digits $index of $left $who"
        echo "$who" >> "$work/order"
        sed "${line}d" "$work/left" > "$work/rest"
        mv "$work/rest" "$work/left"
        left=$((left - 1))
    done
done
sed 's/^/drawn /' "$work/order"
