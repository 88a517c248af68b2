package dev.connectoryard.connector;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command `write`: lines of messages in, records to a sink, states back when what they speak of is safe. */
final class Write implements Lines.Idle {

    /** A flush waits for the disk; states that follow one another quickly share one. */
    private static final long BETWEEN_FLUSHES = TimeUnit.MILLISECONDS.toNanos(500);

    /** A flush that takes long is done less often: most of the time is for records. */
    private static final int SHARE = 4;

    private static final int MOST_WARNINGS = 5;

    private final Sink sink;
    private final Messages messages;
    private final Map<StreamName, ConfiguredStream> streams = new LinkedHashMap<>();
    private final Map<StreamName, String> statuses = new HashMap<>();
    private final List<byte[]> waiting = new ArrayList<>(); // states whose records are not flushed yet
    private final List<byte[]> held = new ArrayList<>(); // states of streams that are replaced at the very end
    private long flushedAt = System.nanoTime();
    private long betweenFlushes = BETWEEN_FLUSHES;
    private long lines;
    private int warnings;
    private boolean hasMessages;
    private boolean hasFailed;

    Write(Sink sink, ConfiguredCatalog catalog, Messages messages) {
        this.sink = sink;
        this.messages = messages;
        catalog.streams().forEach(stream -> streams.put(stream.name(), stream));
    }

    void run(Lines input) throws Exception {
        for (byte[] line = input.next(this); line != null; line = input.next(this)) {
            lines++;
            accept(line);
        }
        finish();
    }

    @Override
    public long patience() {
        return waiting.isEmpty() ? -1 : Math.max(0, betweenFlushes - (System.nanoTime() - flushedAt));
    }

    /** Flushes what has come, then confirms the states that waited for it. */
    @Override
    public void run() throws Exception {
        long begun = System.nanoTime();
        sink.flush();
        flushedAt = System.nanoTime();
        betweenFlushes = Math.max(BETWEEN_FLUSHES, SHARE * (flushedAt - begun));
        confirm(waiting);
    }

    private void confirm(List<byte[]> states) throws IOException {
        for (byte[] state : states) {
            messages.line(state);
        }
        states.clear();
    }

    private void accept(byte[] line) throws Exception {
        JsonNode message;
        try {
            message = Json.MAPPER.readTree(line);
        } catch (JacksonException notJson) {
            skip(line);
            return;
        }
        if (message.isMissingNode()) {
            return; // an empty line
        }
        if (!message.isObject() || !message.path("type").isTextual()) {
            warn("ignored line " + lines + ", which is not a message");
            return;
        }
        hasMessages = true;
        switch (message.get("type").textValue()) {
            case "RECORD" -> record(message.path("record"));
            case "STATE" -> state(message.path("state"), line);
            case "TRACE" -> trace(message.path("trace"));
            default -> { } // of no concern to a destination
        }
    }

    private void record(JsonNode record) throws Exception {
        if (!record.path("stream").isTextual()
                || !(record.get("data") instanceof ObjectNode data)
                || !record.path("emitted_at").isNumber()) {
            throw new ProtocolException("line " + lines + " is a record without stream, data or emitted_at");
        }
        StreamName name = new StreamName(record.path("namespace").asText(""), record.get("stream").textValue());
        ConfiguredStream stream = streams.get(name);
        if (stream == null) {
            warn("ignored a record of `" + name + "`, which is not in the catalog");
            return;
        }
        ObjectNode meta = record.get("meta") instanceof ObjectNode said ? said : null;
        sink.write(stream, new RecordMessage(data, record.get("emitted_at").longValue(), meta));
    }

    private void state(JsonNode state, byte[] line) throws Exception {
        if (!state.isObject()) {
            throw new ProtocolException("line " + lines + " is a state without a state");
        }
        if (waitsForReplacement(state)) {
            held.add(line);
            return;
        }
        waiting.add(line);
        if (patience() == 0) {
            run();
        }
    }

    /** Whether a state speaks of a stream that replaces another only when the input has ended. */
    private boolean waitsForReplacement(JsonNode state) {
        JsonNode descriptor = state.path("stream").path("stream_descriptor");
        if (descriptor.isObject()) {
            ConfiguredStream stream = streams.get(States.name(descriptor));
            return stream != null && replaces(stream);
        }
        return streams.values().stream().anyMatch(Write::replaces);
    }

    private static boolean replaces(ConfiguredStream stream) {
        return stream.destinationMode() == DestinationSyncMode.OVERWRITE;
    }

    private void trace(JsonNode trace) {
        hasFailed |= trace.path("type").asText().equals("ERROR");
        JsonNode status = trace.path("stream_status");
        if (status.isObject()) {
            statuses.put(States.name(status.path("stream_descriptor")), status.path("status").asText());
        }
    }

    private void finish() throws Exception {
        run();
        List<String> incomplete = new ArrayList<>();
        for (ConfiguredStream stream : streams.values()) {
            if (isComplete(stream)) {
                sink.complete(stream);
            } else if (replaces(stream)) {
                incomplete.add("`" + stream.name() + "`");
            }
        }
        if (!incomplete.isEmpty()) {
            String names = String.join(", ", incomplete);
            throw new ProtocolException("did not complete, so what was there is as it was: " + names);
        }
        confirm(held);
    }

    /** A source of before 2022 sends no statuses: then the end of its output is all there is. */
    private boolean isComplete(ConfiguredStream stream) {
        if (statuses.isEmpty()) {
            return hasMessages && !hasFailed;
        }
        return "COMPLETE".equals(statuses.get(stream.name()));
    }

    private void skip(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        if (text.contains("\"RECORD\"") || text.contains("\"STATE\"")) {
            throw new ProtocolException("line " + lines + " is a message that was cut off or damaged");
        }
        warn("ignored line " + lines + ", which is not JSON");
    }

    private void warn(String message) {
        if (++warnings <= MOST_WARNINGS) {
            Log.warn(message);
        }
    }
}
