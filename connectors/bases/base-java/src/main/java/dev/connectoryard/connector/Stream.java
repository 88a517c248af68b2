package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/**
 * A stream that a source has.
 *
 * @param schema JSON Schema (draft 7) of its records
 * @param modes how it can be read
 * @param defaultCursor path of the field that grows; empty if there is none
 * @param cursorIsFixed the source has its own cursor, and the user may choose none
 * @param primaryKey paths of the fields that tell its records apart; empty if there are none
 */
public record Stream(
        StreamName name,
        ObjectNode schema,
        Set<SyncMode> modes,
        List<String> defaultCursor,
        boolean cursorIsFixed,
        List<List<String>> primaryKey) {

    /** A stream that can only be read as a whole. */
    public static Stream of(String name, ObjectNode schema) {
        return new Stream(
                new StreamName("", name), schema, Set.of(SyncMode.FULL_REFRESH), List.of(), false, List.of());
    }

    /** The same stream, with a key of one field. */
    public Stream withPrimaryKey(String field) {
        return new Stream(name, schema, modes, defaultCursor, cursorIsFixed, List.of(List.of(field)));
    }

    /** The same stream, which can also be read from where the last sync ended, by a cursor of the source's choice. */
    public Stream withCursor(String field) {
        Set<SyncMode> both = Set.of(SyncMode.FULL_REFRESH, SyncMode.INCREMENTAL);
        return new Stream(name, schema, both, List.of(field), true, primaryKey);
    }
}
