package dev.connectoryard.destination.csv;

import dev.connectoryard.connector.ConfigException;
import dev.connectoryard.connector.ConfiguredCatalog;
import dev.connectoryard.connector.ConfiguredStream;
import dev.connectoryard.connector.DestinationSyncMode;
import dev.connectoryard.connector.RecordMessage;
import dev.connectoryard.connector.Sink;
import dev.connectoryard.connector.StreamName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of one sync. */
final class CsvFolder implements Sink {

    private final Map<StreamName, StreamFile> files = new LinkedHashMap<>();

    CsvFolder(Path folder, ConfiguredCatalog catalog) throws IOException {
        for (ConfiguredStream stream : catalog.streams()) {
            if (stream.destinationMode() == DestinationSyncMode.APPEND_DEDUP) {
                throw new ConfigException("`append_dedup` of `" + stream.name()
                        + "` is not supported: choose `append` or `overwrite`");
            }
        }
        Map<StreamName, Path> places = FileNames.of(folder, catalog.streams());
        try {
            for (ConfiguredStream stream : catalog.streams()) {
                files.put(stream.name(), new StreamFile(places.get(stream.name()), stream));
            }
        } catch (IOException | RuntimeException error) {
            close();
            throw error;
        }
    }

    @Override
    public void write(ConfiguredStream stream, RecordMessage record) throws IOException {
        files.get(stream.name()).add(record);
    }

    @Override
    public void flush() throws IOException {
        for (StreamFile file : files.values()) {
            file.flush();
        }
    }

    @Override
    public void complete(ConfiguredStream stream) throws IOException {
        files.get(stream.name()).complete();
    }

    @Override
    public void close() throws IOException {
        IOException first = null;
        for (StreamFile file : files.values()) {
            try {
                file.close();
            } catch (IOException error) {
                first = first == null ? error : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
