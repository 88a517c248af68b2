package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A stream that the user chose, and how it is to be synced.
 *
 * @param schema JSON Schema of its records
 * @param cursor path of the field to go by; empty if none was chosen
 * @param primaryKey paths of the fields that tell its records apart; empty if none were chosen
 */
public record ConfiguredStream(
        StreamName name,
        ObjectNode schema,
        SyncMode mode,
        DestinationSyncMode destinationMode,
        List<String> cursor,
        List<List<String>> primaryKey) {}
