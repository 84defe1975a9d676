"""Results: runs as data, read, written, compared, and summed up by behaviour."""
