package dev.connectoryard.connector;

/** The other side sent what it may not send, or not all of it. */
public class ProtocolException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The message says what, and never quotes a record. */
    public ProtocolException(String message) {
        super(message);
    }
}
