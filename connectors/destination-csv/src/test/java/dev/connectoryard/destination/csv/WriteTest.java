package dev.connectoryard.destination.csv;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import dev.connectoryard.connector.Run;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class WriteTest {

    private static final String OWN = "_airbyte_extracted_at,_airbyte_meta,_airbyte_extra,";
    private static final String ID = "'id': {'type': ['null', 'integer']}";
    private static final String NAME = "'name': {'type': 'string'}";
    private static final String COMPLETE = "{'type': 'TRACE', 'trace': {'type': 'STREAM_STATUS', 'emitted_at': 1,"
            + " 'stream_status': {'stream_descriptor': {'name': 'users'}, 'status': 'COMPLETE'}}}";
    private static final String INCOMPLETE = COMPLETE.replace("COMPLETE", "INCOMPLETE");

    @Rule
    public final TemporaryFolder root = new TemporaryFolder();

    private String output = "";

    private Path data() {
        return root.getRoot().toPath().resolve("data");
    }

    private static String stream(String name, String mode, String... properties) {
        return "{'stream': {" + name + ", 'json_schema': {'properties': {" + String.join(", ", properties)
                + "}}}, 'destination_sync_mode': '" + mode + "'}";
    }

    private static String users(String mode, String... properties) {
        return stream("'name': 'users'", mode, properties);
    }

    private static String record(String data) {
        return "{'type': 'RECORD', 'record': {'stream': 'users', 'emitted_at': 5, 'data': " + data + "}}";
    }

    private int write(String streams, String... lines) throws IOException {
        Path path = root.getRoot().toPath();
        Files.createDirectories(data());
        String config = json(path, "config.json", "{'path': '" + data() + "'}");
        String catalog = json(path, "catalog.json", "{'streams': [" + streams + "]}");
        byte[] input = String.join("\n", lines).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = Run.command(new DestinationCsv(), new ByteArrayInputStream(input), said,
                "write", "--config", config, "--catalog", catalog);
        output = said.toString(StandardCharsets.UTF_8);
        return code;
    }

    private static String json(Path folder, String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text.replace('\'', '"')).toString();
    }

    private String file(String name) throws IOException {
        return Files.readString(data().resolve(name));
    }

    /** What a reader would see: no locks, no half-made files. */
    private List<String> files() throws IOException {
        try (Stream<Path> found = Files.walk(data())) {
            return found.filter(Files::isRegularFile)
                    .map(path -> data().relativize(path).toString())
                    .filter(name -> !name.endsWith(".lock") && !name.endsWith("-metadata.json"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    public void recordsAreAddedAndTheHeaderIsThereOnce() throws IOException {
        write(users("append", ID, NAME), record("{'id': 1, 'name': 'Ada'}"));
        write(users("append", ID, NAME), record("{'name': 'Grace', 'id': null}"));
        assertEquals(OWN + "id,name\r\n5,,,1,Ada\r\n5,,,,Grace\r\n", file("users.csv"));
        assertEquals(List.of("users.csv"), files());
    }

    @Test
    public void anOverwriteReplacesAtTheEndOrNotAtAll() throws IOException {
        write(users("overwrite", ID), record("{'id': 1}"), COMPLETE);
        assertEquals(Run.FAILED, write(users("overwrite", ID), record("{'id': 2}"), INCOMPLETE));
        assertEquals(OWN + "id\r\n5,,,1\r\n", file("users.csv"));
        assertEquals(Run.DONE, write(users("overwrite", NAME), record("{'name': 'x'}"), COMPLETE));
        assertEquals(OWN + "name\r\n5,,,x\r\n", file("users.csv"));
        assertEquals(List.of("users.csv"), files());
    }

    @Test
    public void newColumnsComeAtTheEndAndNoneGoes() throws IOException {
        write(users("append", NAME), record("{'name': 'a\\n\\\"b\\\"'}"));
        write(users("append", ID), record("{'id': 2}"));
        assertEquals(OWN + "name,id\r\n5,,,\"a\n\"\"b\"\"\",\r\n5,,,,2\r\n", file("users.csv"));
    }

    @Test
    public void aColumnKeepsItsTypeAndWhatDoesNotFitIsKeptBeside() throws IOException {
        write(users("append", ID), record("{'id': 1}"));
        write(users("append", "'id': {'type': 'string'}"), record("{'id': 'one', 'more': [1.50]}"));
        assertEquals(OWN + "id\r\n5,,,1\r\n5,,\"{\"\"id\"\":\"\"one\"\",\"\"more\"\":[1.50]}\",\r\n", file("users.csv"));
    }

    @Test
    public void valuesAreExact() throws IOException {
        String any = "'any': {}";
        write(users("append", ID, NAME, any),
                record("{'id': 123456789012345678901234567890, 'name': '', 'any': '1'}"),
                record("{'id': 0.10, 'name': ' é😀,', 'any': {'a': 1e400}}"));
        assertEquals(
                OWN + "id,name,any\r\n"
                        + "5,,,123456789012345678901234567890,\"\",\"\"\"1\"\"\"\r\n"
                        + "5,,,0.10,\" é😀,\",\"{\"\"a\"\":1E+400}\"\r\n",
                file("users.csv"));
    }

    @Test
    public void streamsOfOneNameInTwoNamespacesHaveTwoFiles() throws IOException {
        String streams = users("append", ID) + ", "
                + stream("'name': 'users', 'namespace': 'a'", "append", ID) + ", "
                + stream("'name': 'users', 'namespace': '../b'", "append", ID);
        write(streams, record("{'id': 1}").replace("'emitted_at'", "'namespace': '../b', 'emitted_at'"));
        assertEquals(List.of("%2E.%2Fb/users.csv", "a/users.csv", "users.csv"), files());
        assertEquals(OWN + "id\r\n5,,,1\r\n", file("%2E.%2Fb/users.csv"));
    }

    @Test
    public void namesThatDifferInCaseOnlyAreRefused() throws IOException {
        assertEquals(Run.FAILED, write(users("append", ID) + ", " + stream("'name': 'Users'", "append", ID)));
        assertTrue(output, output.contains("differ in upper and lower case only"));
        assertEquals(List.of(), files());
    }

    @Test
    public void aFileOfSomebodyElseIsNotTouched() throws IOException {
        for (String text : List.of("id,name\r\n1,Ada\r\n", OWN + "id\r\n5,,,1\r\n5,,,2", OWN + "id,id\r\n", "")) {
            Files.createDirectories(data());
            Files.writeString(data().resolve("users.csv"), text);
            assertEquals(text, Run.FAILED, write(users("append", ID), record("{'id': 1}")));
            assertTrue(output, output.contains("was not written by this destination"));
            assertEquals(text, file("users.csv"));
        }
    }

    @Test
    public void dedupIsRefused() throws IOException {
        assertEquals(Run.FAILED, write(users("append_dedup", ID)));
        assertTrue(output, output.contains("choose `append` or `overwrite`"));
    }

    @Test
    public void whatAKilledSyncLeftBehindIsNoHindrance() throws IOException {
        write(users("append", ID), record("{'id': 1}"));
        Files.writeString(data().resolve(".users.csv.rows"), "5,,,half");
        Files.writeString(data().resolve(".users.csv.tmp"), "5,,,half");
        write(users("append", ID), record("{'id': 2}"));
        assertEquals(OWN + "id\r\n5,,,1\r\n5,,,2\r\n", file("users.csv"));
        assertEquals(List.of("users.csv"), files());
    }

    @Test
    public void aStreamThatSomebodyWritesToIsRefused() throws IOException {
        Files.createDirectories(data());
        try (var channel = Disk.create(data().resolve(".users.csv.lock")); var lock = channel.lock()) {
            assertTrue(lock.isValid());
            assertEquals(Run.FAILED, write(users("append", ID)));
        }
        assertTrue(output, output.contains("another sync is writing to the stream `users`"));
        assertTrue(output, output.contains("transient_error"));
    }
}
