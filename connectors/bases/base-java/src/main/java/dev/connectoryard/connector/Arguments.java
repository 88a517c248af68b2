package dev.connectoryard.connector;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The words of the command line, and the files that they name: read when asked for. */
record Arguments(String command, Map<String, String> files) {

    private static final Map<String, Set<String>> NEEDED = Map.of(
            "spec", Set.of(),
            "check", Set.of("--config"),
            "discover", Set.of("--config"),
            "read", Set.of("--config", "--catalog"),
            "write", Set.of("--config", "--catalog"));

    /**
     * Takes `--config FILE` and `--config=FILE`.
     *
     * @throws WrongUsageException it cannot be understood, or something is missing
     */
    static Arguments parse(List<String> commands, String... words) {
        String use = "use one of " + String.join(", ", commands);
        if (words.length == 0) {
            throw new WrongUsageException("no command: " + use);
        }
        if (!commands.contains(words[0])) {
            throw new WrongUsageException("unknown command `" + words[0] + "`: " + use);
        }
        Map<String, String> files = options(words);
        for (String option : NEEDED.get(words[0])) {
            if (!files.containsKey(option)) {
                throw new WrongUsageException("`" + words[0] + "` needs `" + option + " FILE`");
            }
        }
        return new Arguments(words[0], files);
    }

    private static Map<String, String> options(String... words) {
        Map<String, String> files = new HashMap<>();
        for (int at = 1; at < words.length; at++) {
            String[] parts = words[at].split("=", 2);
            if (!Set.of("--config", "--catalog", "--state").contains(parts[0])) {
                throw new WrongUsageException("unknown argument `" + parts[0] + "` of `" + words[0] + "`");
            }
            if (parts.length == 1 && at + 1 == words.length) {
                throw new WrongUsageException("`" + parts[0] + "` needs a file");
            }
            files.put(parts[0], parts.length == 2 ? parts[1] : words[++at]);
        }
        return files;
    }

    /** The config; to be asked for only where it is needed. */
    Config config() throws IOException {
        if (document("--config") instanceof ObjectNode values) {
            return new Config(values);
        }
        throw new ConfigException("the config is no JSON object");
    }

    ConfiguredCatalog catalog() throws IOException {
        return ConfiguredCatalog.of(document("--catalog"));
    }

    /** Of every stream that has one. */
    Map<StreamName, JsonNode> states() throws IOException {
        return files.containsKey("--state") ? States.of(document("--state")) : Map.of();
    }

    private JsonNode document(String option) throws IOException {
        String what = option.substring(2);
        Path file = Path.of(files.get(option));
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException error) {
            throw new ConfigException("the " + what + " cannot be read: `" + file + "`", error);
        }
        try {
            return Json.MAPPER.readTree(bytes);
        } catch (JacksonException error) {
            // without its cause, whose message quotes the file
            throw new ConfigException("the " + what + " is no JSON: `" + file + "`");
        }
    }
}
