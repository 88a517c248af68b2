package dev.connectoryard.destination.csv;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class FileNamesTest {

    @Test
    public void anyNameIsAPlainFileName() {
        assertEquals("users-2_b.v1", FileNames.encoded("users-2_b.v1"));
        assertEquals("%2E.%2F..%2Fetc", FileNames.encoded("../../etc"));
        assertEquals("%2E", FileNames.encoded("."));
        assertEquals("%C3%A9%00%25%5C", FileNames.encoded("é\0%\\"));
    }

    @Test
    public void longNamesAreCutAndStayDifferent() {
        String first = FileNames.encoded("é".repeat(300) + "a");
        String second = FileNames.encoded("é".repeat(300) + "b");
        assertNotEquals(first, second);
        assertTrue(first.length() < 200);
    }
}
