"""Events posted by a process of its own, which costs little: `python -m benchmarks.load`."""
