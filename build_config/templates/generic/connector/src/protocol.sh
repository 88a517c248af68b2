# shellcheck shell=sh
# Messages of the Airbyte protocol: values in, one line of JSON on stdout out. Nothing else may print
# there; what is for people goes to stderr, or into `log`.
#
# Values become JSON by jq's --arg only. Text that is pasted into JSON breaks at the first quote.

readonly TOLD=64 # the exit code after `fail`

# log LEVEL TEXT: DEBUG, INFO, WARN, ERROR or FATAL.
log() {
    jq -nc --arg level "$1" --arg message "$2" '{type: "LOG", log: {$level, $message}}'
}

# trace_error FAILURE_TYPE TEXT: config_error, transient_error or system_error.
trace_error() {
    jq -nc --arg failure_type "$1" --arg message "$2" '{type: "TRACE", trace: {
        type: "ERROR", emitted_at: (now * 1000 | floor), error: {$failure_type, $message}}}'
}

# fail FAILURE_TYPE TEXT: says why, and ends the command.
fail() {
    trace_error "$1" "$2"
    exit "$TOLD"
}

# stream_status STREAM STATUS: STARTED, RUNNING, COMPLETE or INCOMPLETE.
stream_status() {
    jq -nc --arg name "$1" --arg status "$2" '{type: "TRACE", trace: {
        type: "STREAM_STATUS", emitted_at: (now * 1000 | floor),
        stream_status: {stream_descriptor: {$name}, $status}}}'
}

# connection_status PROBLEM: FAILED with the problem; SUCCEEDED when there is none.
connection_status() {
    jq -nc --arg problem "$1" '{type: "CONNECTION_STATUS", connectionStatus: (
        if $problem == "" then {status: "SUCCEEDED"}
        else {status: "FAILED", message: $problem} end)}'
}
