package dev.connectoryard.destination.csv;

import dev.connectoryard.connector.Config;
import dev.connectoryard.connector.ConfigException;
import dev.connectoryard.connector.ConfiguredCatalog;
import dev.connectoryard.connector.Destination;
import dev.connectoryard.connector.Sink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes each stream into a CSV file of its own, in one folder. */
public final class DestinationCsv implements Destination {

    @Override
    public void check(Config config) {
        Path folder = folder(config);
        try {
            Path trial = Files.createTempFile(folder, ".check", ".tmp");
            try {
                Disk.replace(trial, "checked".getBytes(StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(trial);
            }
        } catch (IOException error) {
            throw new ConfigException("cannot write to the folder `" + folder + "`: " + reason(error), error);
        }
    }

    @Override
    public Sink open(Config config, ConfiguredCatalog catalog) throws IOException {
        return new CsvFolder(folder(config), catalog);
    }

    private static Path folder(Config config) {
        String path = config.text("path");
        if (path.indexOf('\0') >= 0 || !path.startsWith("/")) {
            throw new ConfigException("`path` of the config is not the absolute path of a folder");
        }
        Path folder = Path.of(path);
        if (!Files.isDirectory(folder)) {
            throw new ConfigException("there is no folder `" + folder + "` in the container: mount one");
        }
        return folder;
    }

    private static String reason(IOException error) {
        if (error instanceof FileSystemException of && of.getReason() != null) {
            return of.getReason();
        }
        return error.getClass().getSimpleName();
    }
}
