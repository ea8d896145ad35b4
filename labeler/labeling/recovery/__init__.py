"""The database from the buckets, and the proof that both say the same."""
