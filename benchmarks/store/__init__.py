"""What the store takes: import, runs, differences, what-if, on real databases."""
