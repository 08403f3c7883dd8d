"""Work that is done later or by the clock: jobs, the schedule, the worker, the queue."""
