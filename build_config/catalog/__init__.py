"""Release records in, the documents of the catalog out: for clients, and for people."""
