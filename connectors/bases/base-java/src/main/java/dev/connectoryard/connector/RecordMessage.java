package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;

/**
 * A record of a stream.
 *
 * @param data its fields; numbers are exact, however long
 * @param emittedAt milliseconds since 1970
 * @param meta what the source says about the record itself; null if it says nothing
 */
public record RecordMessage(ObjectNode data, long emittedAt, ObjectNode meta) {

    /** A record without data is none. */
    public RecordMessage {
        Objects.requireNonNull(data);
    }
}
