package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a connector said when it ran one command, and its exit code. */
record Spoken(int code, List<JsonNode> messages) {

    static Spoken by(Connector connector, String input, String... arguments) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        byte[] bytes = input.getBytes(StandardCharsets.UTF_8);
        int code = Run.command(connector, new ByteArrayInputStream(bytes), output, arguments);
        List<JsonNode> messages = new ArrayList<>();
        for (String line : output.toString(StandardCharsets.UTF_8).split("\n")) {
            if (!line.isEmpty()) {
                messages.add(json(line));
            }
        }
        return new Spoken(code, messages);
    }

    static JsonNode json(String text) {
        try {
            return Json.MAPPER.readTree(text.replace('\'', '"'));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static String file(Path folder, String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text.replace('\'', '"')).toString();
    }

    /** The payloads of one type, in order. */
    List<JsonNode> of(String type, String field) {
        return messages.stream()
                .filter(message -> message.get("type").asText().equals(type))
                .map(message -> message.get(field))
                .toList();
    }

    JsonNode error() {
        return of("TRACE", "trace").stream()
                .filter(trace -> trace.get("type").asText().equals("ERROR"))
                .findFirst()
                .orElseThrow()
                .get("error");
    }
}
