"""A made-up store with sixty days of history: what its shoppers did, and what came of it."""
