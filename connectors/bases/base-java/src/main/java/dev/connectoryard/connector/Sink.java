package dev.connectoryard.connector;

import java.io.IOException;

/**
 * What the records of one sync go to.
 *
 * <p>The order of calls: any number of {@link #write} and {@link #flush}; at the end of the input a flush, then
 * {@link #complete} for each stream that its source completed; then {@link #close}, which comes after a failure too.
 * States of a stream come back when `flush` has returned; those of a stream with mode `overwrite` when `complete` has.
 */
public interface Sink extends AutoCloseable {

    /** Takes a record of a stream of the catalog; it may be kept in memory until the next flush. */
    void write(ConfiguredStream stream, RecordMessage record) throws Exception;

    /** Makes everything written so far durable: once it returns, no crash may lose it. */
    void flush() throws Exception;

    /** Ends a stream: with mode `overwrite`, what came now replaces in one step what was there before. */
    void complete(ConfiguredStream stream) throws Exception;

    /** Frees all that is held; of an `overwrite` that did not complete nothing remains. */
    @Override
    void close() throws IOException;
}
