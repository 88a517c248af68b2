package dev.connectoryard.connector;

/** The command line of a connector: `main` calls this, and nothing more. */
public final class Run {

    private Run() {}

    /**
     * Runs one command of the protocol (spec, check, discover, read, write) and ends the process with its exit code.
     *
     * @param connector a {@link Source} or a {@link Destination}
     */
    public static void connector(Connector connector, String[] arguments) {
        throw new UnsupportedOperationException("soon");
    }
}
