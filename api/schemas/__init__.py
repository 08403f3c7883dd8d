"""What operations take and answer, as JSON."""
