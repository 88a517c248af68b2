package dev.connectoryard.connector;

/**
 * A destination: it is handed records; reading its input, confirming states, traces and exit codes are done for it.
 */
public interface Destination extends Connector {

    /** Opens what the records of a sync go to; it is closed whatever happens. */
    Sink open(Config config, ConfiguredCatalog catalog) throws Exception;
}
