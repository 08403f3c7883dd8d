"""Pages of the panel with a million customers, against those of an empty store."""
