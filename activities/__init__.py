"""What a journey has done for it: one verb per file, each thin around one remote system."""
