#!/bin/sh
# Prints what the files of the folder hold as RECORD messages. The acceptance tests run this in the
# connector's image. On purpose it shares no code with it.
set -eu

# The folder is that of config.json beside this file. `read` leaves out a last line that has no end:
# a sync that was killed left it behind, and the next one cuts it off.
for file in /data/*.jsonl; do
    [ -e "$file" ] || continue
    while IFS= read -r record; do
        printf '{"type": "RECORD", "record": %s}\n' "$record"
    done <"$file"
done
