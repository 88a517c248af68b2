package dev.connectoryard.connector;

/** The arguments are not those of the protocol. */
final class WrongUsageException extends RuntimeException {

    private static final long serialVersionUID = 1;

    WrongUsageException(String message) {
        super(message);
    }
}
