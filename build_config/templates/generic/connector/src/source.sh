# shellcheck shell=sh
# What this source can do: this is the file to change. As it is, it reads a folder with the two files
# products.jsonl and orders.jsonl; spec.json says what its config is, catalog.json what its streams are.

readonly STREAMS='products orders'
code=$(dirname "$0")

spec() {
    jq -c '{type: "SPEC", spec: .}' <"$code/spec.json"
}

# check CONFIG: a config that is no good is an answer, and no error.
check() {
    connection_status "$(config_problem "$1")"
}

discover() {
    jq -c '{type: "CATALOG", catalog: .}' <"$code/catalog.json"
}

# read_streams CONFIG CATALOG STATE: what the catalog asks for; there may be no state.
read_streams() {
    problem=$(config_problem "$1")
    [ -z "$problem" ] || fail config_error "$problem"
    folder=$(jq -r .folder <"$1")

    unknown=$(jq -r --arg streams "$STREAMS" \
        '[.streams[].stream.name] - ($streams / " ") | join(", ")' <"$2") ||
        fail config_error 'the catalog cannot be read'
    [ -z "$unknown" ] || fail config_error "unknown streams: $unknown"

    for stream in $STREAMS; do
        sync_mode=$(jq -r --arg stream "$stream" \
            '.streams[] | select(.stream.name == $stream) | .sync_mode' <"$2")
        [ -z "$sync_mode" ] || read_stream "$stream" "$sync_mode" "$3"
    done
}

# read_stream STREAM SYNC_MODE STATE: as a whole, or from where the state says that the last read ended.
read_stream() {
    cursor_field='' since=null
    if [ "$2" = incremental ]; then
        cursor_field=$(cursor_field "$1")
        since=$(last_cursor "$1" "$3") || fail config_error 'the state cannot be read'
    fi
    stream_status "$1" STARTED
    log INFO "reading $folder/$1.jsonl"
    jq -nc --arg stream "$1" --arg cursor_field "$cursor_field" --argjson since "$since" \
        --from-file "$code/records.jq" <"$folder/$1.jsonl" || {
        stream_status "$1" INCOMPLETE
        fail system_error "cannot read $folder/$1.jsonl"
    }
    stream_status "$1" COMPLETE
}

# config_problem CONFIG: why it cannot be used; nothing when it can.
config_problem() {
    problem=$(jq -r '
        if type != "object" then "the config is not an object"
        elif (.folder | type) != "string" then "folder is missing, or not text"
        else empty end' <"$1") || problem='the config is not a file of JSON'
    if [ -z "$problem" ]; then
        folder=$(jq -r .folder <"$1")
        for stream in $STREAMS; do
            [ -r "$folder/$stream.jsonl" ] || problem="there is no file $folder/$stream.jsonl"
        done
    fi
    printf '%s' "$problem"
}

# cursor_field STREAM: nothing for a stream that is always read as a whole.
cursor_field() {
    jq -r --arg stream "$1" '
        .streams[] | select(.name == $stream) | .default_cursor_field[0] // ""' <"$code/catalog.json"
}

# last_cursor STREAM STATE: as JSON; null when the stream was never read.
last_cursor() {
    [ -n "$2" ] || {
        echo null
        return
    }
    jq -c --arg stream "$1" '
        [.[] | select(.stream.stream_descriptor.name == $stream) | .stream.stream_state[]] | last' <"$2"
}
