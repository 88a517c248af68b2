package dev.connectoryard.destination.csv;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.connectoryard.connector.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The columns of a file, ours before those of the data: new ones come at the end, and none ever moves or goes.
 *
 * <p>What is in them stands in a second file, `name.csv-metadata.json`, as CSV on the Web (W3C) has it.
 *
 * @param kinds by name, in order; of the data only
 */
record Columns(Map<String, Kind> kinds) {

    /** `emitted_at` in milliseconds; `meta` of the record; what has no column, or does not fit into it. */
    static final List<String> OWN = List.of("_airbyte_extracted_at", "_airbyte_meta", "_airbyte_extra");

    private static final String CONTEXT = "http://www.w3.org/ns/csvw";

    /** Those of a schema; a property with the name of a column of ours has none. */
    static Columns of(JsonNode schema) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        schema.path("properties").properties().forEach(each -> kinds.put(each.getKey(), Kind.of(each.getValue())));
        kinds.keySet().removeAll(OWN);
        return new Columns(kinds);
    }

    /**
     * These, as a file has them, and those that only a schema has.
     *
     * @param names the header of the file, without our columns
     * @param known what is known of them; where nothing is, the schema says
     */
    static Columns merged(List<String> names, Columns known, Columns schema) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        for (String name : names) {
            Kind said = schema.kinds.getOrDefault(name, Kind.STRING);
            kinds.put(name, known.kinds.getOrDefault(name, said));
        }
        schema.kinds.forEach(kinds::putIfAbsent);
        return new Columns(kinds);
    }

    /** All names, ours first. */
    List<String> names() {
        List<String> names = new ArrayList<>(OWN);
        names.addAll(kinds.keySet());
        return names;
    }

    /** Where the kinds are kept. */
    static Path metadata(Path file) {
        return file.resolveSibling(file.getFileName() + "-metadata.json");
    }

    /** What is known of a file's columns: nothing, if somebody removed that. */
    static Columns read(Path file) throws IOException {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        Path place = metadata(file);
        if (Files.isRegularFile(place)) {
            JsonNode described = Json.MAPPER.readTree(Files.readAllBytes(place));
            for (JsonNode column : described.path("tableSchema").path("columns")) {
                for (Kind kind : Kind.values()) {
                    if (kind.datatype().equals(column.path("datatype").asText())) {
                        kinds.put(column.path("titles").asText(), kind);
                    }
                }
            }
        }
        kinds.keySet().removeAll(OWN);
        return new Columns(kinds);
    }

    void write(Path file) throws IOException {
        ObjectNode described = Json.object().put("@context", CONTEXT).put("url", String.valueOf(file.getFileName()));
        ArrayNode columns = described.putObject("tableSchema").putArray("columns");
        columns.addObject().put("titles", OWN.get(0)).put("datatype", Kind.NUMBER.datatype());
        OWN.subList(1, OWN.size())
                .forEach(name -> columns.addObject().put("titles", name).put("datatype", Kind.JSON.datatype()));
        kinds.forEach((name, kind) -> columns.addObject().put("titles", name).put("datatype", kind.datatype()));
        Disk.replace(metadata(file), Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(described));
    }
}
