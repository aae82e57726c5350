"""A store's configuration: plans, quiet hours, limits, and how it is parsed."""
