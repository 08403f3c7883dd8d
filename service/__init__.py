"""Use cases: what the command line, a panel or an interface asks for."""
