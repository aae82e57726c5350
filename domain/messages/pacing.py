"""Meta's limits on how soon messages may follow each other."""

from datetime import timedelta

UNSENT_RETRY = timedelta(seconds=10)
"""When a message is tried again that was provably not sent while the database was away."""

MARKETING_LIMIT = timedelta(hours=24)
"""Meta: a person who had enough marketing (131049) must not be tried again within 24 hours."""

TEMPLATE_SYNC = timedelta(minutes=10)
"""Meta: a template that is syncing (134101) may be tried again after so long."""
