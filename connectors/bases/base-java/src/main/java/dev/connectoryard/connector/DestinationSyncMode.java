package dev.connectoryard.connector;

/** What a destination does with the records of a stream. */
public enum DestinationSyncMode {
    APPEND,
    OVERWRITE,
    APPEND_DEDUP
}
