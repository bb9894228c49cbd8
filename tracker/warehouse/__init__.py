"""Tables out: what a batch becomes, and the drivers that write it once, whatever happens."""
