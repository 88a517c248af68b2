package dev.connectoryard.connector;

import java.util.Objects;

/**
 * What tells one stream from another.
 *
 * @param namespace empty if there is none
 */
public record StreamName(String namespace, String name) {

    /** A null for a namespace is none. */
    public StreamName {
        namespace = Objects.requireNonNullElse(namespace, "");
        Objects.requireNonNull(name);
    }

    /** As a message names it: `namespace.name`, or the name alone. */
    @Override
    public String toString() {
        return namespace.isEmpty() ? name : namespace + "." + name;
    }
}
