"""The statements of `aliases`, built once: building one takes longer than executing it."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Insert, and_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from storage.tables import aliases

MAX_IDENTITIES: Final = 100
"""A person with more is several people; the rest is not looked at."""

_LASTS: Final = aliases.c.ended_at.is_(None)


def _written(statement: SqliteInsert | PostgresqlInsert) -> Insert:
    """What ended begins again only by what was learned later."""
    learned = statement.excluded
    newer = and_(aliases.c.ended_at.is_not(None), aliases.c.ended_at < learned.learned_at)
    again = {"learned_at": learned.learned_at, "ended_at": learned.ended_at}
    return statement.on_conflict_do_update(aliases.primary_key, set_=again, where=newer)


STORED: Final = select(aliases.c.identity_hash, aliases.c.alias_hash).where(
    aliases.c.store_id == bindparam("of_store"),
    aliases.c.identity_hash.in_(bindparam("identities", expanding=True)),
    _LASTS,
)
_PAIRS: Final = (
    select(aliases.c.identity_hash, aliases.c.alias_hash)
    .where(
        aliases.c.store_id == bindparam("of_store"),
        aliases.c.identity_hash.in_(bindparam("identities", expanding=True)),
    )
    .order_by(aliases.c.learned_at.desc(), aliases.c.alias_hash)
    .limit(MAX_IDENTITIES)
)
LASTING_PAIRS: Final = _PAIRS.where(_LASTS)
PAIRS_AT: Final = _PAIRS.where(or_(_LASTS, aliases.c.ended_at >= bindparam("at")))
WRITE: Final[Mapping[str, Insert]] = {
    "sqlite": _written(SqliteInsert(aliases)),
    "postgresql": _written(PostgresqlInsert(aliases)),
}
