package dev.connectoryard.destination.csv;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are there as a whole or not at all, whenever the machine stops. */
final class Disk {

    private Disk() {}

    /** The hidden file beside a file, in which its next version is made. */
    static Path beside(Path file, String suffix) {
        return file.resolveSibling("." + file.getFileName() + suffix);
    }

    /** Replaces a file by these bytes. */
    static void replace(Path file, byte[] bytes) throws IOException {
        Path next = beside(file, ".tmp");
        try (FileChannel channel = create(next)) {
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left);
            }
        }
        publish(next, file);
    }

    /** Opens an empty file for writing and reading. */
    static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                StandardOpenOption.READ);
    }

    /** Adds all of a file to what is open. */
    static void append(Path from, FileChannel to) throws IOException {
        try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ)) {
            long size = source.size();
            for (long at = 0; at < size; ) {
                at += source.transferTo(at, size - at, to);
            }
        }
    }

    /** Gives a complete file its name: once this returns, it has it for good. */
    static void publish(Path next, Path file) throws IOException {
        sync(next);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        sync(file.getParent());
    }

    /** Waits until a file, or the names in a folder, are on the disk. */
    static void sync(Path place) throws IOException {
        StandardOpenOption option = Files.isDirectory(place) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
        try (FileChannel channel = FileChannel.open(place, option)) {
            channel.force(true);
        }
    }
}
