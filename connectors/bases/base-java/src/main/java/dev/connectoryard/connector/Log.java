package dev.connectoryard.connector;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Words for people, as LOG messages. Never a secret, and never a record. */
public final class Log {

    private static volatile Messages messages;

    private Log() {}

    static void to(Messages output) {
        messages = output;
    }

    /** What is going on. */
    public static void info(String message) {
        log("INFO", message);
    }

    /** What somebody should look at, and what does not stop the sync. */
    public static void warn(String message) {
        log("WARN", message);
    }

    private static void log(String level, String message) {
        Messages output = messages;
        if (output == null) {
            System.err.println(level + " " + message);
            return;
        }
        try {
            output.send("LOG", "log", Json.object().put("level", level).put("message", message));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
