"""What a source and a destination of PostgreSQL share: the command line, messages, a connection."""
