"""What goes on without a call. Each kind of work has a lease, so that one process does it (decision 39)."""
