"""The fold: which hits belong together, and when their time has come. Pure: log records in, closed protosessions out."""
