package dev.connectoryard.destination.csv;

import dev.connectoryard.connector.ConfigException;
import dev.connectoryard.connector.ConfiguredStream;
import dev.connectoryard.connector.StreamName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Names of streams in, paths below the folder out: any name is safe, and no two share a file. */
final class FileNames {

    private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    private static final int LONGEST = 180; // of 255, for what is put around it
    private static final int KEPT = 120;
    private static final int HASH = 16;

    private FileNames() {}

    /**
     * A file for each stream, by its name: `name.csv`, or `namespace/name.csv`.
     *
     * @throws ConfigException two names differ in case only, which not every file system tells apart
     */
    static Map<StreamName, Path> of(Path folder, List<ConfiguredStream> streams) {
        Map<StreamName, Path> files = new LinkedHashMap<>();
        Map<String, StreamName> taken = new HashMap<>();
        for (ConfiguredStream stream : streams) {
            Path file = file(folder, stream.name());
            StreamName other = taken.put(file.toString().toLowerCase(Locale.ROOT), stream.name());
            if (other != null) {
                throw new ConfigException("the streams `" + other + "` and `" + stream.name()
                        + "` differ in upper and lower case only: sync them into two folders");
            }
            files.put(stream.name(), file);
        }
        return files;
    }

    private static Path file(Path folder, StreamName name) {
        Path place = name.namespace().isEmpty() ? folder : folder.resolve(encoded(name.namespace()));
        Path file = place.resolve(encoded(name.name()) + ".csv");
        if (!file.normalize().startsWith(folder.normalize())) {
            throw new AssertionError("a file outside of the folder: " + file);
        }
        return file;
    }

    /** Letters, digits and `_-.` as they are, the rest as `%` and two digits; no dot in front. */
    static String encoded(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        StringBuilder text = new StringBuilder();
        for (byte each : bytes) {
            boolean isPlain = PLAIN.indexOf(each) >= 0 && !(each == '.' && text.isEmpty());
            text.append(isPlain ? String.valueOf((char) each) : String.format("%%%02X", each));
        }
        return text.length() <= LONGEST ? text.toString() : text.substring(0, KEPT) + "~" + hash(bytes);
    }

    private static String hash(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest).substring(0, HASH);
        } catch (NoSuchAlgorithmException error) {
            throw new AssertionError(error); // every Java has it
        }
    }
}
