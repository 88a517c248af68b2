package dev.connectoryard.connector;

/** Something that may be over at the next try, as a server that does not answer. */
public class TransientException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The message is for the user: no values of secrets. */
    public TransientException(String message, Throwable cause) {
        super(message, cause);
    }
}
