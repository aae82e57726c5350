"""The journey as a Temporal workflow, and the ways to reach it."""
