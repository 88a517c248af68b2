package dev.connectoryard.connector;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** A source: it is asked for one stream at a time; statuses of streams, traces and exit codes are done for it. */
public interface Source extends Connector {

    /** Finds the streams that can be read. */
    List<Stream> discover(Config config) throws Exception;

    /**
     * Reads one stream from its beginning, or from where a state says that an earlier sync ended.
     *
     * @param stream one that the user chose, with its mode
     * @param state what was given to {@link StreamOutput#state} last; empty at the first sync and for a full refresh
     * @throws Exception the stream is INCOMPLETE; the others are still read, and the sync fails
     */
    void read(Config config, ConfiguredStream stream, Optional<JsonNode> state, StreamOutput output) throws Exception;
}
