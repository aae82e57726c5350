"""Experiments: who is in which arm, and what can be said of their difference."""
