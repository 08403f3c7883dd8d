"""Time and memory of custrata beside what one would otherwise take: `python -m benchmarks`."""
