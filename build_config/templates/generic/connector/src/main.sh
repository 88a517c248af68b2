#!/bin/sh
# What the image starts: a command of the Airbyte protocol in, its messages on stdout out.
#
# Exit codes: 0 it is done (a failed check too), 64 a TRACE says why not, others are unexpected.
set -eu

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=protocol.sh
. "$here/protocol.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$here/source.sh"

# run COMMAND [--config FILE] [--catalog FILE] [--state FILE]
run() {
    [ $# -gt 0 ] || fail config_error 'there is no command: give spec, check, discover or read'
    command=$1 config='' catalog='' state=''
    shift
    while [ $# -gt 0 ]; do
        [ $# -gt 1 ] || fail config_error "$1 needs a file"
        case $1 in
            --config) config=$2 ;;
            --catalog) catalog=$2 ;;
            --state) state=$2 ;;
            *) fail config_error "unknown option: $1" ;;
        esac
        shift 2
    done
    case $command in
        spec) spec ;;
        check) check "$config" ;;
        discover) discover ;;
        read) read_streams "$config" "$catalog" "$state" ;;
        *) fail config_error "unknown command: $command" ;;
    esac
}

# The kernel does not end the first process of a container on SIGTERM, and a shell looks at signals
# only between two programs. So a child does the work, and this process waits: with it all others end.
run "$@" &
work=$!
trap 'kill "$work"; exit 143' TERM INT

status=0
wait "$work" || status=$?
case $status in
    0 | "$TOLD") ;;
    *) trace_error system_error "ended with exit code $status; its last lines on stderr say more" ;;
esac
exit "$status"
