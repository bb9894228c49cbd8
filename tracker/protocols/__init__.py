"""What each tag says: requests in, hits out; later hits in, one Arrow array per parameter out."""
