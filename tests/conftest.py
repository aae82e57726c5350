from hypothesis import settings

# The same examples on every run: a search for new ones belongs on a desk, not between a change
# and its landing. `pytest --hypothesis-profile=default` searches.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
