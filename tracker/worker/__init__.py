"""The partition log and the loop that folds it. Takes hits, gives plans, and promises that none is lost or doubled."""
