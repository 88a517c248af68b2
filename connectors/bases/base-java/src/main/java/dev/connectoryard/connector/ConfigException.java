package dev.connectoryard.connector;

/** Something that the user can put right: in the config, the catalog, or the arguments. The message says what. */
public class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** The message is for the user: no values of secrets. */
    public ConfigException(String message) {
        super(message);
    }

    /** The same, with what it was noticed by. */
    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
