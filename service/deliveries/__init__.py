"""Transitions out of the house: to destinations that a firm names, signed, in order, again."""
