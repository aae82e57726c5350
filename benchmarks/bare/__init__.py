"""References: the same work by bare calls of Temporal's SDK, with nothing promised."""
