"""What connectors in plain Python share: the command line, messages, streams in and out."""
