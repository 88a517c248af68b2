package dev.connectoryard.connector;

/** How a source reads a stream. */
public enum SyncMode {
    FULL_REFRESH,
    INCREMENTAL
}
