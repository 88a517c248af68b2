package dev.connectoryard.destination.csv;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.connectoryard.connector.ConfiguredStream;
import dev.connectoryard.connector.DestinationSyncMode;
import dev.connectoryard.connector.RecordMessage;
import dev.connectoryard.connector.TransientException;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The file of one stream.
 *
 * <p>It is only ever replaced by a complete file that is on the disk: who reads it, at whatever moment and after
 * whatever crash, finds whole lines. New rows wait in a hidden file beside it.
 */
final class StreamFile implements Closeable {

    private static final int BUFFER = 1 << 16;

    private final Path file;
    private final Path next; // the next version, while it is made
    private final Path waiting; // rows that have come since the last version
    private final boolean replaces;
    private final Columns columns;
    private final Rows rows;
    private final FileChannel lock;
    private OutputStream output;
    private boolean hasRows;

    StreamFile(Path file, ConfiguredStream stream) throws IOException {
        this.file = file;
        this.next = Disk.beside(file, ".tmp");
        this.waiting = Disk.beside(file, ".rows");
        this.replaces = stream.destinationMode() == DestinationSyncMode.OVERWRITE;
        Files.createDirectories(file.getParent());
        this.lock = locked(Disk.beside(file, ".lock"), stream);
        try {
            Columns schema = Columns.of(stream.schema());
            this.columns = replaces ? schema : prepared(schema);
            this.rows = new Rows(columns);
            begin();
        } catch (IOException | RuntimeException error) {
            lock.close();
            throw error;
        }
    }

    /** Two at once would each replace the file without the other's rows. */
    private static FileChannel locked(Path place, ConfiguredStream stream) throws IOException {
        FileChannel channel = FileChannel.open(place, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException ofThisProcess) {
            lock = null;
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new TransientException("another sync is writing to the stream `" + stream.name() + "`", null);
        }
        return channel;
    }

    /** The columns for more rows; a file that lacks some of them, or all, is made anew with them. */
    private Columns prepared(Columns schema) throws IOException {
        if (!Files.exists(file)) {
            schema.write(file);
            Disk.replace(file, Rows.header(schema.names()));
            return schema;
        }
        List<String> names = Header.read(file);
        Columns merged = Columns.merged(names, Columns.read(file), schema);
        int added = merged.kinds().size() - names.size();
        merged.write(file);
        if (added > 0) {
            Header.widen(file, Rows.header(merged.names()), added, next);
            Disk.publish(next, file);
        }
        return merged;
    }

    private void begin() throws IOException {
        output = new BufferedOutputStream(Files.newOutputStream(waiting), BUFFER);
        hasRows = false;
        if (replaces) {
            output.write(Rows.header(columns.names()));
        }
    }

    void add(RecordMessage record) throws IOException {
        try {
            output.write(rows.row(record));
        } catch (JsonProcessingException error) {
            throw new AssertionError(error); // it was JSON when it came
        }
        hasRows = true;
    }

    /** Puts the rows into the file; those of an overwrite wait for the end. */
    void flush() throws IOException {
        if (replaces || !hasRows) {
            return;
        }
        output.close();
        try (FileChannel channel = Disk.create(next)) {
            Disk.append(file, channel);
            Disk.append(waiting, channel);
        }
        Disk.publish(next, file);
        begin();
    }

    /** Replaces the file, if that is the mode. */
    void complete() throws IOException {
        if (replaces) {
            output.close();
            boolean isKnown = Columns.read(file).names().equals(columns.names()) && Columns.read(file).equals(columns);
            if (!isKnown) {
                // in this order no file is ever beside the kinds of another
                Files.deleteIfExists(Columns.metadata(file));
            }
            Disk.publish(waiting, file);
            if (!isKnown) {
                columns.write(file);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            output.close();
            Files.deleteIfExists(waiting);
            Files.deleteIfExists(next);
        } finally {
            lock.close();
        }
    }
}
