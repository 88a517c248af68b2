import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A config and a catalog in, what the files of the configured streams hold out as RECORD messages.
 *
 * <p>The acceptance tests run this in the connector's image. On purpose it shares no code with it: it knows what the
 * documentation says of the files, and no more.
 */
public final class ReadBack {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private ReadBack() {}

    /** Prints every record of every stream that has a file. */
    public static void main(String[] arguments) throws IOException {
        Map<String, JsonNode> documents = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            documents.put(parts[0], JSON.readTree(Files.readAllBytes(Path.of(parts[1]))));
        }
        Path folder = Path.of(documents.get("--config").get("path").textValue());
        StringBuilder output = new StringBuilder();
        for (JsonNode configured : documents.get("--catalog").get("streams")) {
            print(folder, configured.get("stream"), output);
        }
        System.out.write(output.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static void print(Path folder, JsonNode stream, StringBuilder output) throws IOException {
        String namespace = stream.path("namespace").asText("");
        Path place = namespace.isEmpty() ? folder : folder.resolve(encoded(namespace));
        Path file = place.resolve(encoded(stream.get("name").textValue()) + ".csv");
        Path metadata = Path.of(file + "-metadata.json");
        if (!Files.exists(file) || !Files.exists(metadata)) {
            return;
        }
        Map<String, String> types = new HashMap<>();
        JsonNode described = JSON.readTree(Files.readAllBytes(metadata));
        for (JsonNode column : described.get("tableSchema").get("columns")) {
            types.put(column.get("titles").textValue(), column.get("datatype").textValue());
        }
        List<List<String>> rows = parsed(Files.readString(file));
        for (List<String> row : rows.subList(1, rows.size())) {
            ObjectNode record = JSON.createObjectNode().put("stream", stream.get("name").textValue());
            ObjectNode data = record.putObject("data");
            for (int at = 0; at < rows.get(0).size(); at++) {
                take(rows.get(0).get(at), row.get(at), types, record, data);
            }
            ObjectNode message = JSON.createObjectNode().put("type", "RECORD");
            message.set("record", record);
            output.append(JSON.writeValueAsString(message)).append('\n');
        }
    }

    private static void take(String name, String cell, Map<String, String> types, ObjectNode record, ObjectNode data)
            throws IOException {
        switch (name) {
            case "_airbyte_extracted_at" -> record.put("emitted_at", Long.parseLong(cell));
            case "_airbyte_meta" -> { }
            case "_airbyte_extra" -> {
                if (cell != null) {
                    data.setAll((ObjectNode) JSON.readTree(cell));
                }
            }
            default -> {
                if (cell == null) {
                    data.putIfAbsent(name, JSON.nullNode());
                } else if (types.get(name).equals("string")) {
                    data.put(name, cell);
                } else {
                    data.set(name, JSON.readTree(cell));
                }
            }
        }
    }

    /** Letters, digits, `_`, `-` and `.` as they are, the rest percent-encoded, and a dot in front as well. */
    private static String encoded(String name) {
        StringBuilder text = new StringBuilder();
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            String one = String.valueOf((char) each);
            text.append(one.matches("[A-Za-z0-9_-]") || each == '.' && !text.isEmpty() ? one : "%%%02X".formatted(each));
        }
        return text.toString();
    }

    /** RFC 4180, to the letter; an empty cell without quotes is null. */
    private static List<List<String>> parsed(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) == '"') {
                StringBuilder cell = new StringBuilder();
                int end = text.indexOf('"', at + 1);
                while (end + 1 < text.length() && text.charAt(end + 1) == '"') {
                    cell.append(text, at + 1, end + 1);
                    at = end + 1;
                    end = text.indexOf('"', at + 1);
                }
                row.add(cell.append(text, at + 1, end).toString());
                at = end + 1;
            } else {
                int end = at;
                while (text.charAt(end) != ',' && text.charAt(end) != '\r') {
                    end++;
                }
                row.add(end == at ? null : text.substring(at, end));
                at = end;
            }
            if (text.charAt(at) == ',') {
                at++;
            } else if (text.startsWith("\r\n", at)) {
                rows.add(row);
                row = new ArrayList<>();
                at += 2;
            } else {
                throw new IllegalStateException("no end of a cell or line at " + at);
            }
            if (at == text.length() && !row.isEmpty()) {
                throw new IllegalStateException("half a line at the end");
            }
        }
        return rows;
    }
}
