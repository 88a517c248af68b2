package dev.connectoryard.connector;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class ReadTest {

    private static final String CATALOG = "{'streams': [%s, {'stream': {'name': 'broken', 'json_schema': {}}}]}";
    private static final String NUMBERS =
            "{'stream': {'name': 'numbers', 'namespace': 'n', 'json_schema': {}}, 'sync_mode': '%s'}";

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private String config;

    /** Counts on from its state; another stream always fails. */
    private static final class Counting implements Source {

        @Override
        public JsonNode spec() {
            return Json.object().set("connectionSpecification", Json.object());
        }

        @Override
        public void check(Config config) {
            if (config.number("upTo", 0) < 0) {
                throw new ConfigException("`upTo` is negative");
            }
        }

        @Override
        public List<Stream> discover(Config config) {
            return List.of(
                    Stream.of("numbers", Json.object()).withPrimaryKey("id").withCursor("id"),
                    Stream.of("broken", Json.object()));
        }

        @Override
        public void read(Config config, ConfiguredStream stream, Optional<JsonNode> state, StreamOutput output)
                throws Exception {
            if (stream.name().name().equals("broken")) {
                throw new IllegalStateException("broken");
            }
            long last = state.map(at -> at.get("id").longValue()).orElse(0L);
            for (long id = last + 1; id <= config.number("upTo", 2); id++) {
                output.record(Json.object().put("id", id));
                output.state(Json.object().put("id", id));
            }
        }
    }

    @Before
    public void writeConfig() throws Exception {
        config = Spoken.file(path(), "config.json", "{'upTo': 3}");
    }

    private Path path() {
        return folder.getRoot().toPath();
    }

    private Spoken read(String mode, String state) throws Exception {
        String catalog = Spoken.file(path(), "catalog.json", CATALOG.formatted(NUMBERS.formatted(mode)));
        String file = Spoken.file(path(), "state.json", state);
        return Spoken.by(new Counting(), "", "read", "--config", config, "--catalog=" + catalog, "--state", file);
    }

    @Test
    public void aStreamGoesOnFromItsState() throws Exception {
        Spoken said = read("incremental", "[{'type': 'STREAM', 'stream': {'stream_descriptor':"
                + " {'name': 'numbers', 'namespace': 'n'}, 'stream_state': {'id': 2}}}]");
        List<JsonNode> records = said.of("RECORD", "record");
        assertEquals(1, records.size());
        assertEquals(Spoken.json("{'id': 3}"), records.get(0).get("data"));
        assertEquals("n", records.get(0).get("namespace").asText());
        JsonNode state = said.of("STATE", "state").get(0);
        assertEquals(Spoken.json("{'name': 'numbers', 'namespace': 'n'}"), state.at("/stream/stream_descriptor"));
        assertEquals(1, state.at("/sourceStats/recordCount").asInt());
    }

    @Test
    public void aFullRefreshHasNoState() throws Exception {
        Spoken said = read("full_refresh", "[{'type': 'STREAM', 'stream': {'stream_descriptor':"
                + " {'name': 'numbers', 'namespace': 'n'}, 'stream_state': {'id': 2}}}]");
        assertEquals(3, said.of("RECORD", "record").size());
    }

    @Test
    public void aStreamThatFailsIsIncompleteAndTheOthersAreNot() throws Exception {
        Spoken said = read("incremental", "[]");
        assertEquals(Run.FAILED, said.code());
        List<String> statuses = said.of("TRACE", "trace").stream()
                .filter(trace -> trace.has("stream_status"))
                .map(trace -> trace.at("/stream_status/stream_descriptor/name").asText() + " "
                        + trace.at("/stream_status/status").asText())
                .toList();
        assertEquals(
                List.of(
                        "numbers STARTED", "numbers RUNNING", "numbers COMPLETE",
                        "broken STARTED", "broken INCOMPLETE"),
                statuses);
        assertEquals("broken", said.error().get("message").asText());
        assertEquals("system_error", said.error().get("failure_type").asText());
        assertEquals("broken", said.error().at("/stream_descriptor/name").asText());
    }

    @Test
    public void whatIsDiscoveredIsACatalog() {
        Spoken said = Spoken.by(new Counting(), "", "discover", "--config", config);
        assertEquals(
                Spoken.json("{'name': 'numbers', 'json_schema': {}, 'supported_sync_modes': ['full_refresh',"
                        + " 'incremental'], 'source_defined_cursor': true, 'default_cursor_field': ['id'],"
                        + " 'source_defined_primary_key': [['id']]}"),
                said.of("CATALOG", "catalog").get(0).at("/streams/0"));
    }

    @Test
    public void aCheckThatFailsIsAnAnswer() throws Exception {
        String bad = Spoken.file(path(), "bad.json", "{'upTo': -1}");
        Spoken said = Spoken.by(new Counting(), "", "check", "--config", bad);
        assertEquals(Run.DONE, said.code());
        assertEquals(
                Spoken.json("{'status': 'FAILED', 'message': '`upTo` is negative'}"),
                said.of("CONNECTION_STATUS", "connectionStatus").get(0));
    }

    @Test
    public void aWrongTypeIsToldWithoutTheValue() throws Exception {
        String bad = Spoken.file(path(), "bad.json", "{'upTo': 'secret'}");
        Spoken said = Spoken.by(new Counting(), "", "check", "--config", bad);
        assertFalse(said.messages().toString().contains("secret"));
    }

    @Test
    public void whatIsNoJsonIsNotQuoted() throws Exception {
        String bad = Spoken.file(path(), "bad.json", "{'upTo': secret}");
        Spoken said = Spoken.by(new Counting(), "", "check", "--config", bad);
        assertEquals(Run.FAILED, said.code());
        assertEquals("config_error", said.error().get("failure_type").asText());
        assertFalse(said.messages().toString().contains("secret"));
    }

    @Test
    public void wrongWordsAreRefused() {
        for (String words : List.of("", "write --config x --catalog y", "read --config x", "check --config",
                "discover --config x --more y")) {
            String[] arguments = words.isEmpty() ? new String[0] : words.split(" ");
            Spoken said = Spoken.by(new Counting(), "", arguments);
            assertEquals(words, Run.WRONG_USAGE, said.code());
            assertEquals(words, "config_error", said.error().get("failure_type").asText());
        }
    }

    @Test
    public void theStateOfAnOlderPlatformIsAnObject() {
        assertTrue(States.of(Spoken.json("{'numbers': {'id': 1}}")).containsKey(new StreamName("", "numbers")));
    }
}
