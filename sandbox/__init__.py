"""Stand-ins for Meta and a partner over real HTTP. The demo and the tests use the same ones."""
