"""What a process tells about itself: its registry of metrics, and its traces."""
