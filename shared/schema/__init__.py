"""What a table is, and the tables themselves by layer; ``shared.tables`` brings them together."""
