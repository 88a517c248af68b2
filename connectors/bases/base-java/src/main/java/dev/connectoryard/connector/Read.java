package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** The command `read`: one stream after the other, each with its statuses. */
final class Read {

    private final Source source;
    private final Messages messages;

    Read(Source source, Messages messages) {
        this.source = source;
        this.messages = messages;
    }

    /** Reads all streams of the catalog; whether all were complete. */
    boolean run(Arguments arguments) throws IOException {
        Config config = arguments.config();
        Map<StreamName, JsonNode> states = arguments.states();
        boolean isComplete = true;
        for (ConfiguredStream stream : arguments.catalog().streams()) {
            boolean resumes = stream.mode() == SyncMode.INCREMENTAL;
            Optional<JsonNode> state = resumes ? Optional.ofNullable(states.get(stream.name())) : Optional.empty();
            isComplete &= read(config, stream, state);
        }
        return isComplete;
    }

    private boolean read(Config config, ConfiguredStream stream, Optional<JsonNode> state) throws IOException {
        messages.status(stream.name(), "STARTED");
        try {
            source.read(config, stream, state, new Output(stream.name()));
        } catch (Messages.ClosedException nobodyReads) {
            throw nobodyReads;
        } catch (Exception error) {
            messages.error(error, stream.name());
            messages.status(stream.name(), "INCOMPLETE");
            return false;
        }
        messages.status(stream.name(), "COMPLETE");
        return true;
    }

    private final class Output implements StreamOutput {

        private final StreamName stream;
        private boolean runs;
        private long records;

        private Output(StreamName stream) {
            this.stream = stream;
        }

        @Override
        public void record(JsonNode data) throws IOException {
            if (!runs) {
                runs = true;
                messages.status(stream, "RUNNING");
            }
            ObjectNode record = Json.object().put("stream", stream.name());
            if (!stream.namespace().isEmpty()) {
                record.put("namespace", stream.namespace());
            }
            record.set("data", data);
            record.put("emitted_at", System.currentTimeMillis());
            messages.sendSoon("RECORD", "record", record);
            records++;
        }

        @Override
        public void state(JsonNode state) throws IOException {
            ObjectNode payload = Json.object().put("type", "STREAM");
            ObjectNode described = payload.putObject("stream");
            Catalogs.name(described.putObject("stream_descriptor"), stream);
            described.set("stream_state", state);
            payload.putObject("sourceStats").put("recordCount", records);
            messages.send("STATE", "state", payload);
            records = 0;
        }
    }
}
