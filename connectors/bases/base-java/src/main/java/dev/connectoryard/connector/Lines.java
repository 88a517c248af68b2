package dev.connectoryard.connector;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The lines of standard input. A thread reads ahead, a little, so that one can wait for a line and not for ever. */
final class Lines {

    private static final int PIECE = 1 << 16;
    private static final int PIECES = 8;

    private final BlockingQueue<Piece> pieces = new ArrayBlockingQueue<>(PIECES);
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
    private byte[] bytes = new byte[0];
    private int at;
    private boolean hasEnded;

    Lines(InputStream input) {
        Thread reader = new Thread(() -> readAhead(input), "stdin");
        reader.setDaemon(true);
        reader.start();
    }

    /** Bytes; or null for the end, which an error may have caused. */
    private record Piece(byte[] bytes, IOException error) {}

    /** What to do when no line has come in time. */
    interface Idle {
        /** How long to wait for the next line, in nanoseconds; for ever if negative. */
        long patience();

        void run() throws Exception;
    }

    /** The next line without its end; null when there are no more. */
    byte[] next(Idle idle) throws Exception {
        while (true) {
            int end = at;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            if (end < bytes.length) {
                return line(end, end + 1);
            }
            if (hasEnded) {
                return begun.size() + end - at > 0 ? line(end, end) : null;
            }
            keep(end);
            fill(idle);
        }
    }

    private byte[] line(int end, int next) {
        byte[] rest = Arrays.copyOfRange(bytes, at, end);
        at = next;
        if (begun.size() == 0) {
            return rest;
        }
        begun.writeBytes(rest);
        byte[] line = begun.toByteArray();
        begun.reset();
        return line;
    }

    /** The line goes on in the next piece. */
    private void keep(int end) {
        begun.write(bytes, at, end - at);
        bytes = new byte[0];
        at = 0;
        if (begun.size() > Json.LONGEST) {
            throw new ProtocolException("a line is longer than " + (Json.LONGEST >> 20) + " MiB");
        }
    }

    private void fill(Idle idle) throws Exception {
        Piece piece = null;
        while (piece == null) {
            long patience = idle.patience();
            piece = patience < 0 ? pieces.take() : pieces.poll(patience, TimeUnit.NANOSECONDS);
            if (piece == null) {
                idle.run();
            }
        }
        if (piece.error() != null) {
            throw piece.error();
        }
        hasEnded = piece.bytes() == null;
        bytes = hasEnded ? bytes : piece.bytes();
    }

    private void readAhead(InputStream input) {
        byte[] buffer = new byte[PIECE];
        try {
            try {
                for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                    pieces.put(new Piece(Arrays.copyOf(buffer, count), null));
                }
                pieces.put(new Piece(null, null));
            } catch (IOException error) {
                pieces.put(new Piece(null, error));
            }
        } catch (InterruptedException nobodyWaits) {
            Thread.currentThread().interrupt();
        }
    }
}
