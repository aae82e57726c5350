"""Stand-ins for Meta and for a partner, over real HTTP, used by the demo and the tests alike."""
