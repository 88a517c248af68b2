package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** The file of `--state`: of each stream what its source said last. */
final class States {

    private States() {}

    /** Reads a list of states, of streams or global; or one object by stream, as it was until 2022. */
    static Map<StreamName, JsonNode> of(JsonNode document) {
        Map<StreamName, JsonNode> states = new HashMap<>();
        if (document.isArray()) {
            for (JsonNode state : document) {
                add(states, state.path("stream"));
                state.path("global").path("stream_states").forEach(each -> add(states, each));
                state.path("data").properties().forEach(
                        each -> states.put(new StreamName("", each.getKey()), each.getValue()));
            }
        } else if (document.isObject()) {
            document.properties().forEach(
                    each -> states.put(new StreamName("", each.getKey()), each.getValue()));
        } else if (!document.isNull() && !document.isMissingNode()) {
            throw new ConfigException("the state is neither a list nor an object");
        }
        return states;
    }

    private static void add(Map<StreamName, JsonNode> states, JsonNode stream) {
        JsonNode state = stream.path("stream_state");
        if (state.isMissingNode() || state.isNull()) {
            return;
        }
        states.put(name(stream.path("stream_descriptor")), state);
    }

    /** The name in a descriptor. */
    static StreamName name(JsonNode descriptor) {
        return new StreamName(
                descriptor.path("namespace").asText(""), descriptor.path("name").asText(""));
    }
}
