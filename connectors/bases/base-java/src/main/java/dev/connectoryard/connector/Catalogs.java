package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/** The streams of a source as the payload of a CATALOG message. */
final class Catalogs {

    private Catalogs() {}

    static ObjectNode toJson(List<Stream> streams) {
        ObjectNode catalog = Json.object();
        ArrayNode list = catalog.putArray("streams");
        streams.forEach(stream -> describe(list.addObject(), stream));
        return catalog;
    }

    private static void describe(ObjectNode into, Stream stream) {
        name(into, stream.name());
        into.set("json_schema", stream.schema());
        ArrayNode modes = into.putArray("supported_sync_modes");
        for (SyncMode mode : SyncMode.values()) {
            if (stream.modes().contains(mode)) {
                modes.add(mode.name().toLowerCase(Locale.ROOT));
            }
        }
        if (!stream.defaultCursor().isEmpty()) {
            into.put("source_defined_cursor", stream.cursorIsFixed());
            stream.defaultCursor().forEach(into.putArray("default_cursor_field")::add);
        }
        if (!stream.primaryKey().isEmpty()) {
            ArrayNode key = into.putArray("source_defined_primary_key");
            stream.primaryKey().forEach(path -> path.forEach(key.addArray()::add));
        }
    }

    /** Puts a stream's name into what describes it; a namespace only if there is one. */
    static ObjectNode name(ObjectNode into, StreamName name) {
        into.put("name", name.name());
        if (!name.namespace().isEmpty()) {
            into.put("namespace", name.namespace());
        }
        return into;
    }
}
