"""HTTP in, hits out; answers only when the log has them on disk."""
