package dev.connectoryard.destination.csv;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** How the cells of a column are written; the names are datatypes of CSV on the Web (W3C). */
enum Kind {
    STRING,
    NUMBER,
    BOOLEAN,
    JSON;

    /** The kind for a property of a JSON Schema; JSON where it leaves the type open. */
    static Kind of(JsonNode schema) {
        Set<String> types = new HashSet<>();
        JsonNode type = schema.path("type");
        if (type.isTextual()) {
            types.add(type.textValue());
        }
        type.forEach(each -> types.add(each.asText()));
        types.remove("null");
        if (types.equals(Set.of("string"))) {
            return STRING;
        }
        if (!types.isEmpty() && Set.of("integer", "number").containsAll(types)) {
            return NUMBER;
        }
        return types.equals(Set.of("boolean")) ? BOOLEAN : JSON;
    }

    /** Whether a value can be written so that reading gives the same value. */
    boolean holds(JsonNode value) {
        return switch (this) {
            case STRING -> value.isTextual();
            case NUMBER -> value.isNumber();
            case BOOLEAN -> value.isBoolean();
            case JSON -> true;
        };
    }

    String datatype() {
        return name().toLowerCase(Locale.ROOT);
    }
}
