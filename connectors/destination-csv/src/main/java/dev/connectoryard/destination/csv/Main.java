package dev.connectoryard.destination.csv;

import dev.connectoryard.connector.Run;

/** What the image starts. */
public final class Main {

    private Main() {}

    /** One command of the protocol. */
    public static void main(String[] arguments) {
        Run.connector(new DestinationCsv(), arguments);
    }
}
