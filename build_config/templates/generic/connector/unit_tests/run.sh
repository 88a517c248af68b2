#!/bin/sh
# Runs the connector as the platform does, and looks at what it prints. Ends with 1 if a test failed.
# Where jq is installed it needs no container: `sh unit_tests/run.sh`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source_folder=$here/../src
samples=$here/../sample_files
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

connector() {
    sh "$source_folder/main.sh" "$@"
}

# expect WHAT IS: the test fails if they differ.
expect() {
    [ "$1" = "$2" ] || {
        printf 'expected: %s\nbut it is: %s\n' "$1" "$2"
        return 1
    }
}

# config FOLDER, catalog STREAM SYNC_MODE, state TIME: the path of such a file.
config() {
    jq -n --arg folder "$1" '{$folder}' >"$work/config.json"
    echo "$work/config.json"
}

catalog() {
    jq -n --arg name "$1" --arg sync_mode "$2" \
        '{streams: [{stream: {$name}, $sync_mode}]}' >"$work/catalog.json"
    echo "$work/catalog.json"
}

state() {
    jq -n --arg updated_at "$1" '[{type: "STREAM", stream: {
        stream_descriptor: {name: "orders"}, stream_state: {$updated_at}}}]' >"$work/state.json"
    echo "$work/state.json"
}

# ids: the records in the messages on stdin, by their ids.
ids() {
    jq -sc 'map(select(.type == "RECORD").record.data.id)'
}

test_spec_is_one_message() {
    expect SPEC "$(connector spec | jq -r .type)"
}

test_check_succeeds_where_the_files_are() {
    expect SUCCEEDED "$(connector check --config "$(config "$samples")" |
        jq -r .connectionStatus.status)"
}

test_check_fails_in_words_and_with_exit_code_0() {
    folder="it's \"quoted\" \$(exit 1) \\"
    expect "there is no file $folder/orders.jsonl" "$(connector check --config "$(config "$folder")" |
        jq -r .connectionStatus.message)"
}

test_check_takes_a_config_that_is_no_object() {
    echo '["folder"]' >"$work/list.json"
    expect FAILED "$(connector check --config "$work/list.json" |
        jq -r .connectionStatus.status)"
}

test_discover_names_every_stream_that_can_be_read() {
    expect 'products orders' "$(connector discover --config "$(config "$samples")" |
        jq -r '[.catalog.streams[].name] | join(" ")')"
}

test_a_full_refresh_reads_everything_and_has_no_state() {
    connector read --config "$(config "$samples")" --catalog "$(catalog orders full_refresh)" \
        >"$work/messages"
    expect '[1,2,3,4]' "$(ids <"$work/messages")"
    expect 0 "$(grep -c '"STATE"' "$work/messages" || true)"
}

test_an_incremental_read_ends_with_the_newest_cursor() {
    connector read --config "$(config "$samples")" --catalog "$(catalog orders incremental)" \
        >"$work/messages"
    expect '{"updated_at":"2026-01-03T09:00:00Z"}' \
        "$(jq -c 'select(.type == "STATE").state.stream.stream_state' "$work/messages")"
}

test_an_incremental_read_goes_on_from_its_state() {
    expect '[1,4]' "$(connector read --config "$(config "$samples")" \
        --catalog "$(catalog orders incremental)" --state "$(state 2026-01-03T00:00:00Z)" | ids)"
}

test_a_state_that_is_no_json_is_refused() {
    echo '{"orders": ' >"$work/state.json"
    expect 'the state cannot be read' "$(connector read --config "$(config "$samples")" \
        --catalog "$(catalog orders incremental)" --state "$work/state.json" | jq -r .trace.error.message)"
}

test_a_damaged_file_fails_with_a_trace() {
    printf '{"id": 1}\n{"id": ' >"$work/products.jsonl"
    : >"$work/orders.jsonl"
    code=0
    connector read --config "$(config "$work")" --catalog "$(catalog products full_refresh)" \
        >"$work/messages" || code=$?
    expect 64 "$code"
    expect ERROR "$(tail -n 1 "$work/messages" | jq -r .trace.type)"
}

test_an_unknown_stream_is_refused() {
    expect 'unknown streams: nowhere' "$(connector read --config "$(config "$samples")" \
        --catalog "$(catalog nowhere full_refresh)" | jq -r .trace.error.message)"
}

tests=$(sed -n 's/^\(test_[a-z0-9_]*\)() {$/\1/p' "$0")
passed=0 failed=0
for test in $tests; do
    # Not in a condition: there the shell would not stop at the first `expect` that fails.
    set +e
    (set -e && "$test") >"$work/output" 2>&1
    code=$?
    set -e
    if [ "$code" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $test"
        sed 's/^/    /' "$work/output"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
