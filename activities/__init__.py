"""The activities of a journey, one per file, each thin around one remote system."""
