package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** What the user entered; what is missing or of the wrong type is told by name, and never with its value. */
public record Config(ObjectNode values) {

    /**
     * A text that has to be there, and not be empty.
     *
     * @throws ConfigException it is not
     */
    public String text(String field) {
        String text = text(field, "");
        if (text.isEmpty()) {
            throw new ConfigException("the config has no `" + field + "`");
        }
        return text;
    }

    /**
     * A text, or what serves where there is none.
     *
     * @throws ConfigException it is no text
     */
    public String text(String field, String absent) {
        JsonNode value = value(field);
        if (value == null) {
            return absent;
        }
        if (!value.isTextual()) {
            throw new ConfigException("`" + field + "` of the config is not a text");
        }
        return value.textValue();
    }

    /**
     * A whole number, or what serves where there is none.
     *
     * @throws ConfigException it is no whole number, or one beyond 64 bits
     */
    public long number(String field, long absent) {
        JsonNode value = value(field);
        if (value == null) {
            return absent;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new ConfigException("`" + field + "` of the config is not a whole number");
        }
        return value.longValue();
    }

    /**
     * True or false, or what serves where neither is there.
     *
     * @throws ConfigException it is neither
     */
    public boolean flag(String field, boolean absent) {
        JsonNode value = value(field);
        if (value == null) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw new ConfigException("`" + field + "` of the config is neither true nor false");
        }
        return value.booleanValue();
    }

    private JsonNode value(String field) {
        JsonNode value = values.get(field);
        return value == null || value.isNull() ? null : value;
    }
}
