package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** The command line of a connector: `main` calls {@link #connector}, and nothing more. */
public final class Run {

    /** The command did what it is for; a check that failed has done so too. */
    public static final int DONE = 0;

    /** It did not, and a TRACE says why. */
    public static final int FAILED = 1;

    /** The arguments are not those of the protocol. */
    public static final int WRONG_USAGE = 2;

    private Run() {}

    /**
     * Runs one command of the protocol (spec, check, discover, read, write) and ends the process with its exit code.
     *
     * <p>Standard output is for messages alone: what else is printed goes to standard error.
     *
     * @param connector a {@link Source} or a {@link Destination}
     */
    public static void connector(Connector connector, String[] arguments) {
        System.setOut(System.err);
        InputStream input = new FileInputStream(FileDescriptor.in);
        OutputStream output = new FileOutputStream(FileDescriptor.out);
        System.exit(command(connector, input, output, arguments));
    }

    /**
     * Runs one command within this process, as tests do.
     *
     * @return the exit code
     */
    public static int command(Connector connector, InputStream input, OutputStream output, String... arguments) {
        try (Messages messages = new Messages(output)) {
            return told(connector, input, messages, arguments);
        } catch (IOException nobodyReads) {
            System.err.println("stdout was closed before the end: " + nobodyReads.getMessage());
            return FAILED;
        }
    }

    /** Whatever goes wrong is told as a TRACE; an exception from here means that nobody hears us. */
    private static int told(Connector connector, InputStream input, Messages messages, String... arguments)
            throws IOException {
        Log.to(messages);
        try {
            return dispatch(connector, input, messages, Arguments.parse(commands(connector), arguments));
        } catch (WrongUsageException error) {
            messages.error(new ConfigException(error.getMessage()), null);
            System.err.println(error.getMessage());
            return WRONG_USAGE;
        } catch (Messages.ClosedException error) {
            throw error;
        } catch (Throwable error) {
            messages.error(error, null);
            return FAILED;
        }
    }

    private static List<String> commands(Connector connector) {
        return connector instanceof Source
                ? List.of("spec", "check", "discover", "read")
                : List.of("spec", "check", "write");
    }

    private static int dispatch(Connector connector, InputStream input, Messages messages, Arguments arguments)
            throws Exception {
        switch (arguments.command()) {
            case "spec" -> messages.send("SPEC", "spec", connector.spec());
            case "check" -> messages.send("CONNECTION_STATUS", "connectionStatus", status(connector, arguments));
            case "discover" -> messages.send(
                    "CATALOG", "catalog", Catalogs.toJson(((Source) connector).discover(arguments.config())));
            case "read" -> {
                return new Read((Source) connector, messages).run(arguments) ? DONE : FAILED;
            }
            default -> write((Destination) connector, input, messages, arguments);
        }
        return DONE;
    }

    private static ObjectNode status(Connector connector, Arguments arguments) throws IOException {
        Config config = arguments.config();
        try {
            connector.check(config);
            return Json.object().put("status", "SUCCEEDED");
        } catch (Exception error) {
            return Json.object().put("status", "FAILED").put("message", Messages.told(error));
        }
    }

    private static void write(Destination destination, InputStream input, Messages messages, Arguments arguments)
            throws Exception {
        Config config = arguments.config();
        ConfiguredCatalog catalog = arguments.catalog();
        try (Sink sink = destination.open(config, catalog)) {
            new Write(sink, catalog, messages).run(new Lines(input));
        }
    }
}
