"""Days, weeks, months and periods, for figures of a run and for pages alike."""
