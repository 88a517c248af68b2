package dev.connectoryard.connector;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class WriteTest {

    private static final String CATALOG = "{'streams': [{'stream': {'name': 'users', 'json_schema': {}},"
            + " 'destination_sync_mode': '%s'}]}";
    private static final String RECORD =
            "{'type': 'RECORD', 'record': {'stream': 'users', 'data': {'n': %s}, 'emitted_at': 1}}\n";
    private static final String STATE = "{'type':  'STATE', 'state': {'type': 'STREAM', 'stream':"
            + " {'stream_descriptor': {'name': 'users'}, 'stream_state': {'at': %d}}}}\n";
    private static final String STATUS = "{'type': 'TRACE', 'trace': {'type': 'STREAM_STATUS', 'emitted_at': 1,"
            + " 'stream_status': {'stream_descriptor': {'name': 'users'}, 'status': '%s'}}}\n";

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    /** Notes what it is asked to do. */
    private static final class Noting implements Destination, Sink {

        private final List<String> notes = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void check(Config config) {}

        @Override
        public Sink open(Config config, ConfiguredCatalog catalog) {
            return this;
        }

        @Override
        public void write(ConfiguredStream stream, RecordMessage record) {
            notes.add("write " + record.data());
        }

        @Override
        public void flush() {
            notes.add("flush");
        }

        @Override
        public void complete(ConfiguredStream stream) {
            notes.add("complete " + stream.name());
        }

        @Override
        public void close() {
            notes.add("close");
        }
    }

    private final Noting noting = new Noting();

    private String[] arguments(String mode) throws Exception {
        Path path = folder.getRoot().toPath();
        String config = Spoken.file(path, "config.json", "{}");
        String catalog = Spoken.file(path, "catalog.json", CATALOG.formatted(mode));
        return new String[] {"write", "--config", config, "--catalog", catalog};
    }

    private Spoken write(String mode, String... lines) throws Exception {
        return Spoken.by(noting, String.join("", lines).replace('\'', '"'), arguments(mode));
    }

    @Test
    public void statesComeBackAfterAFlushInTheirOrder() throws Exception {
        Spoken said = write("append", RECORD.formatted(1), STATE.formatted(1), STATE.formatted(2));
        assertEquals(List.of("write {\"n\":1}", "flush", "complete users", "close"), noting.notes);
        assertEquals(List.of(1, 2), said.of("STATE", "state").stream()
                .map(state -> state.at("/stream/stream_state/at").asInt())
                .toList());
        assertEquals(Run.DONE, said.code());
    }

    @Test
    public void numbersKeepEveryDigit() throws Exception {
        write("append", RECORD.formatted("123456789012345678901234567890"), RECORD.formatted("0.10000000000000000001"));
        assertTrue(noting.notes.contains("write {\"n\":123456789012345678901234567890}"));
        assertTrue(noting.notes.contains("write {\"n\":0.10000000000000000001}"));
    }

    @Test
    public void anOverwriteThatIsNotCompleteConfirmsNothing() throws Exception {
        Spoken said = write("overwrite", RECORD.formatted(1), STATE.formatted(1), STATUS.formatted("INCOMPLETE"));
        assertEquals(List.of("write {\"n\":1}", "flush", "close"), noting.notes);
        assertEquals(List.of(), said.of("STATE", "state"));
        assertEquals(Run.FAILED, said.code());
        assertTrue(said.error().get("message").asText().contains("`users`"));
    }

    @Test
    public void anOverwriteThatIsCompleteConfirmsAtTheEnd() throws Exception {
        Spoken said = write("overwrite", RECORD.formatted(1), STATE.formatted(1), STATUS.formatted("COMPLETE"));
        assertEquals(List.of("write {\"n\":1}", "flush", "complete users", "close"), noting.notes);
        assertEquals(1, said.of("STATE", "state").size());
    }

    @Test
    public void whatIsNoMessageIsIgnoredAndWhatWasCutOffIsNot() throws Exception {
        Spoken said = write("append", "\n", "hello\n", "[1]\n", "{'type': 'OTHER'}\n", RECORD.formatted(1));
        assertEquals(Run.DONE, said.code());
        assertEquals(2, said.of("LOG", "log").size());
        said = write("append", RECORD.formatted(1).substring(0, 60));
        assertEquals(Run.FAILED, said.code());
        assertEquals("line 1 is a message that was cut off or damaged", said.error().get("message").asText());
    }

    @Test
    public void aRecordOfAnotherStreamIsIgnored() throws Exception {
        Spoken said = write("append", RECORD.formatted(1).replace("'users'", "'others'"));
        assertEquals(List.of("flush", "complete users", "close"), noting.notes);
        assertEquals(1, said.of("LOG", "log").size());
    }

    @Test(timeout = 20_000)
    public void aStateDoesNotWaitForMoreInput() throws Exception {
        PipedInputStream input = new PipedInputStream();
        PipedInputStream heard = new PipedInputStream();
        String[] arguments = arguments("append");
        OutputStream output = new PipedOutputStream(heard);
        Thread running = new Thread(() -> Run.command(noting, input, output, arguments));
        try (OutputStream typed = new PipedOutputStream(input)) {
            running.start();
            typed.write((RECORD.formatted(1) + STATE.formatted(7)).replace('\'', '"').getBytes(StandardCharsets.UTF_8));
            typed.flush();
            StringBuilder line = new StringBuilder();
            for (int each = heard.read(); each != '\n'; each = heard.read()) {
                line.append((char) each);
            }
            assertEquals(STATE.formatted(7).strip().replace('\'', '"'), line.toString());
        }
        running.join();
    }

    @Test
    public void whenNobodyReadsItEnds() throws Exception {
        OutputStream closed = OutputStream.nullOutputStream();
        closed.close();
        byte[] input = STATE.formatted(1).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        int code = Run.command(noting, new ByteArrayInputStream(input), closed, arguments("append"));
        assertEquals(Run.FAILED, code);
        assertEquals("close", noting.notes.get(noting.notes.size() - 1));
    }

    @Test
    public void longLinesAreWholeHoweverTheyCome() throws Exception {
        String text = "x".repeat(200_000);
        write("append", RECORD.formatted("'" + text + "'"), RECORD.formatted(2).strip());
        assertEquals("write {\"n\":\"" + text + "\"}", noting.notes.get(0));
        assertEquals("write {\"n\":2}", noting.notes.get(1));
    }

    @Test(expected = ConfigException.class)
    public void aStreamTwiceInACatalogIsRefused() {
        String twice = "{'streams': [%s, %s]}".replace("%s", "{'stream': {'name': 'a', 'json_schema': {}}}");
        ConfiguredCatalog.of(Spoken.json(twice));
    }
}
