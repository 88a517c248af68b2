package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The streams that the user chose, in the order of the catalog. */
public record ConfiguredCatalog(List<ConfiguredStream> streams) {

    /**
     * Reads a configured catalog.
     *
     * @throws ConfigException it is none, or names a stream twice
     */
    public static ConfiguredCatalog of(JsonNode document) {
        if (!document.path("streams").isArray()) {
            throw new ConfigException("the catalog has no list of `streams`");
        }
        List<ConfiguredStream> streams = new ArrayList<>();
        Set<StreamName> names = new HashSet<>();
        for (JsonNode each : document.get("streams")) {
            ConfiguredStream stream = stream(each);
            if (!names.add(stream.name())) {
                throw new ConfigException("the catalog names the stream `" + stream.name() + "` twice");
            }
            streams.add(stream);
        }
        return new ConfiguredCatalog(List.copyOf(streams));
    }

    private static ConfiguredStream stream(JsonNode configured) {
        JsonNode stream = configured.path("stream");
        String name = stream.path("name").asText("");
        if (name.isEmpty() || !(stream.get("json_schema") instanceof ObjectNode schema)) {
            throw new ConfigException("the catalog has a stream without `name` or `json_schema`");
        }
        return new ConfiguredStream(
                new StreamName(stream.path("namespace").asText(""), name),
                schema,
                mode(SyncMode.class, configured, "sync_mode", SyncMode.FULL_REFRESH),
                mode(DestinationSyncMode.class, configured, "destination_sync_mode", DestinationSyncMode.APPEND),
                texts(configured.path("cursor_field")),
                paths(configured.path("primary_key")));
    }

    private static <M extends Enum<M>> M mode(Class<M> type, JsonNode configured, String field, M absent) {
        JsonNode value = configured.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        for (M mode : type.getEnumConstants()) {
            if (mode.name().toLowerCase(Locale.ROOT).equals(value.asText())) {
                return mode;
            }
        }
        throw new ConfigException("the catalog asks for " + field + " `" + value.asText() + "`, which is not supported");
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(each -> texts.add(each.asText()));
        return List.copyOf(texts);
    }

    private static List<List<String>> paths(JsonNode list) {
        List<List<String>> paths = new ArrayList<>();
        list.forEach(each -> paths.add(each.isArray() ? texts(each) : List.of(each.asText())));
        return List.copyOf(paths);
    }
}
