"""The lists that a firm keeps: groups, stages, sources, treatments, closed days."""
