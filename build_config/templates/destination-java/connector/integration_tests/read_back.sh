#!/bin/sh
# Prints what the files in the folder of config.json hold, as RECORD messages. The acceptance tests run
# this in the connector's image. On purpose it shares no code with it.
set -eu

for file in /data/*.jsonl; do
    [ -e "$file" ] || continue
    # A last line without an end is what a killed sync left behind: the next one cuts it off.
    unfinished=''
    [ -z "$(tail -c 1 "$file")" ] || unfinished='$ d'
    sed -e "$unfinished" -e 's/.*/{"type": "RECORD", "record": &}/' "$file"
done
