package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;

/** Standard output: one message a line, whole, whichever thread it is from. */
final class Messages implements Closeable {

    private static final int BUFFER = 1 << 16;
    private static final long LATEST_FLUSH = TimeUnit.SECONDS.toNanos(1);

    private final OutputStream output;
    private long flushedAt = System.nanoTime();

    Messages(OutputStream output) {
        this.output = new BufferedOutputStream(output, BUFFER);
    }

    /** Nobody reads any more. */
    static final class ClosedException extends IOException {

        private static final long serialVersionUID = 1;

        ClosedException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Sends a message at once. */
    void send(String type, String field, JsonNode payload) throws IOException {
        write(type, field, payload, true);
    }

    /** Sends a message soon: records come in great numbers. */
    void sendSoon(String type, String field, JsonNode payload) throws IOException {
        write(type, field, payload, System.nanoTime() - flushedAt > LATEST_FLUSH);
    }

    private void write(String type, String field, JsonNode payload, boolean now) throws IOException {
        ObjectNode message = Json.object().put("type", type);
        message.set(field, payload);
        line(Json.MAPPER.writeValueAsBytes(message), now);
    }

    /** Sends a line as it is. */
    void line(byte[] line) throws IOException {
        line(line, true);
    }

    private synchronized void line(byte[] line, boolean now) throws IOException {
        try {
            output.write(line);
            output.write('\n');
            if (now) {
                output.flush();
                flushedAt = System.nanoTime();
            }
        } catch (IOException error) {
            throw new ClosedException(error);
        }
    }

    /**
     * Tells why something failed.
     *
     * @param stream null if it is about none, or about all
     */
    void error(Throwable error, StreamName stream) throws IOException {
        ObjectNode trace = Json.object().put("type", "ERROR").put("emitted_at", System.currentTimeMillis());
        ObjectNode payload = trace.putObject("error").put("message", told(error)).put("failure_type", type(error));
        if (!(error instanceof ConfigException)) {
            payload.put("internal_message", error.toString()).put("stack_trace", stackTrace(error));
        }
        if (stream != null) {
            Catalogs.name(payload.putObject("stream_descriptor"), stream);
        }
        send("TRACE", "trace", trace);
    }

    /** Tells how it stands with a stream: STARTED, RUNNING, COMPLETE or INCOMPLETE. */
    void status(StreamName stream, String status) throws IOException {
        ObjectNode trace = Json.object().put("type", "STREAM_STATUS").put("emitted_at", System.currentTimeMillis());
        ObjectNode payload = trace.putObject("stream_status");
        Catalogs.name(payload.putObject("stream_descriptor"), stream);
        payload.put("status", status);
        send("TRACE", "trace", trace);
    }

    /** What a person is told: an exception without a message says at least what it is. */
    static String told(Throwable error) {
        String message = error.getMessage();
        return message == null || message.isBlank() ? error.getClass().getSimpleName() : message;
    }

    private static String type(Throwable error) {
        if (error instanceof ConfigException) {
            return "config_error";
        }
        return error instanceof TransientException ? "transient_error" : "system_error";
    }

    private static String stackTrace(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    @Override
    public synchronized void close() throws IOException {
        output.flush();
    }
}
