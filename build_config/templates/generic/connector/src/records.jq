# The lines of a stream in, its messages out: a RECORD each and, with a cursor, a STATE at the end.
#
# Not earlier: the lines are in no order, and a state may be emitted only when every record up to its
# cursor was. Records of exactly that moment come again next time, for others may have joined them.

def record:
    {type: "RECORD", record: {$stream, data: ., emitted_at: (now * 1000 | floor)}};

def state:
    {type: "STATE", state: {type: "STREAM", stream: {
        stream_descriptor: {name: $stream}, stream_state: {($cursor_field): .}}}};

if $cursor_field == "" then
    inputs | record
else
    foreach ((inputs | select(.[$cursor_field] >= $since)), null) as $line (
        $since;
        if $line then [., $line[$cursor_field]] | max else . end;
        if $line then $line | record else state end
    )
end
