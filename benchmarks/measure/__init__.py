"""How benchmarks measure: processor time, results as JSON, pictures, and the command line."""
