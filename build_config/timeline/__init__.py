"""The records of runs in, pictures of when what ran out: a page for people, a trace for tools."""
