"""What is measured. Each ends by itself; `python -m benchmarks.NAME --help` says what and how."""
