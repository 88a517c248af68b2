package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** What a source and a destination have in common. {@link Source} and {@link Destination} are what one implements. */
public interface Connector {

    /**
     * The payload of the SPEC message: `connectionSpecification`, `documentationUrl` and so on.
     *
     * <p>By default it is the resource `spec.json` beside the connector's class.
     */
    default JsonNode spec() throws IOException {
        return Json.resource(getClass(), "spec.json");
    }

    /**
     * Tries whether the connector can work with a config; to return is to succeed.
     *
     * @throws Exception if it cannot: the message is told to the user, as the message of status FAILED
     */
    void check(Config config) throws Exception;
}
