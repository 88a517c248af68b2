package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** Where a source puts what it reads of one stream. */
public interface StreamOutput {

    /** Sends a record. */
    void record(JsonNode data) throws IOException;

    /** Sends a state: with it another sync goes on behind all records sent so far. */
    void state(JsonNode state) throws IOException;
}
