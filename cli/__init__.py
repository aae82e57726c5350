"""`journeys`, the command line: the embedded stack, the demo, and what operators do by hand."""
