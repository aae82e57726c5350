"""The mathematics of experiments: intervals, splits and planning."""
