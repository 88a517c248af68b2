package dev.connectoryard.destination.csv;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.connectoryard.connector.Json;
import dev.connectoryard.connector.RecordMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Records in, lines of CSV (RFC 4180) out: an empty cell is null, `""` is the empty text. */
final class Rows {

    static final String LINE_END = "\r\n";

    private final Map<String, Kind> kinds;

    Rows(Columns columns) {
        this.kinds = columns.kinds();
    }

    static byte[] header(List<String> names) {
        StringBuilder line = new StringBuilder();
        for (String name : names) {
            line.append(line.isEmpty() ? "" : ",");
            quote(line, name);
        }
        return line.append(LINE_END).toString().getBytes(StandardCharsets.UTF_8);
    }

    /** One line, with its end. */
    byte[] row(RecordMessage record) throws JsonProcessingException {
        ObjectNode extra = Json.object();
        StringBuilder cells = new StringBuilder();
        for (Map.Entry<String, Kind> column : kinds.entrySet()) {
            JsonNode value = record.data().get(column.getKey());
            cells.append(',');
            if (value == null || value.isNull()) {
                continue;
            }
            if (column.getValue().holds(value)) {
                cell(cells, column.getValue(), value);
            } else {
                extra.set(column.getKey(), value);
            }
        }
        record.data().properties().forEach(field -> {
            if (!kinds.containsKey(field.getKey())) {
                extra.set(field.getKey(), field.getValue());
            }
        });
        StringBuilder line = new StringBuilder().append(record.emittedAt()).append(',');
        json(line, record.meta());
        line.append(',');
        json(line, extra.isEmpty() ? null : extra);
        return line.append(cells).append(LINE_END).toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void cell(StringBuilder line, Kind kind, JsonNode value) throws JsonProcessingException {
        switch (kind) {
            case STRING -> quote(line, value.textValue());
            case NUMBER, BOOLEAN -> line.append(value.asText());
            case JSON -> json(line, value);
        }
    }

    private static void json(StringBuilder line, JsonNode value) throws JsonProcessingException {
        if (value != null) {
            quote(line, Json.MAPPER.writeValueAsString(value));
        }
    }

    private static void quote(StringBuilder line, String text) {
        boolean isPlain = !text.isEmpty();
        for (int at = 0; isPlain && at < text.length(); at++) {
            char each = text.charAt(at);
            isPlain = each > ' ' && each != ',' && each != '"' || each == ' ' && at > 0 && at < text.length() - 1;
        }
        if (isPlain) {
            line.append(text);
        } else {
            line.append('"').append(text.replace("\"", "\"\"")).append('"');
        }
    }
}
