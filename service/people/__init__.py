"""Who works with the store: people who sign in, programs with keys, and what each may do."""
