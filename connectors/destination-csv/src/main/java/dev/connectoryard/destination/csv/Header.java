package dev.connectoryard.destination.csv;

import dev.connectoryard.connector.ConfigException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** The first line of a file that is there, and the way to a longer one. */
final class Header {

    private static final int BUFFER = 1 << 16;

    private Header() {}

    /**
     * Reads the names of the columns, without ours.
     *
     * @throws ConfigException it is not a file that we wrote
     */
    static List<String> read(Path file) throws IOException {
        List<String> names = new ArrayList<>();
        try (InputStream input = new BufferedInputStream(Files.newInputStream(file))) {
            ByteArrayOutputStream name = new ByteArrayOutputStream();
            boolean quoted = false;
            int before = ',';
            for (int each = input.read(); each >= 0 && (quoted || each != '\n'); each = input.read()) {
                if (each == '"') {
                    quoted = !quoted;
                    if (quoted && before == '"') {
                        name.write('"'); // the second of two
                    }
                } else if (each == ',' && !quoted) {
                    names.add(name.toString(StandardCharsets.UTF_8));
                    name.reset();
                } else if (each != '\r' || quoted) {
                    name.write(each);
                }
                before = each;
            }
            names.add(name.toString(StandardCharsets.UTF_8));
        }
        int own = Columns.OWN.size();
        boolean isOurs = names.size() >= own && names.subList(0, own).equals(Columns.OWN);
        if (!isOurs || new HashSet<>(names).size() < names.size() || !endsWithLine(file)) {
            throw new ConfigException("`" + file + "` was not written by this destination, or was changed since:"
                    + " move it away, or sync with `overwrite`");
        }
        return names.subList(own, names.size());
    }

    private static boolean endsWithLine(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(channel.size() - 1);
            ByteBuffer last = ByteBuffer.allocate(1);
            return channel.read(last) == 1 && last.get(0) == '\n';
        }
    }

    /** Copies a file under a new header; each row gets so many empty cells at its end. */
    static void widen(Path file, byte[] header, int cells, Path into) throws IOException {
        byte[] added = ",".repeat(cells).getBytes(StandardCharsets.UTF_8);
        try (InputStream input = new BufferedInputStream(Files.newInputStream(file), BUFFER);
                OutputStream output = new BufferedOutputStream(Files.newOutputStream(into), BUFFER)) {
            output.write(header);
            boolean quoted = false;
            boolean inHeader = true;
            for (int each = input.read(); each >= 0; each = input.read()) {
                quoted ^= each == '"';
                if (inHeader) {
                    inHeader = quoted || each != '\n';
                    continue;
                }
                if (each == '\r' && !quoted) {
                    output.write(added);
                }
                output.write(each);
            }
        }
    }
}
