"""A PostgreSQL database after years of use, filled by SQL: a million events and as many messages.

Half of the customers are one store's. Of the events 20,000 wait to be delivered, and 10,000 are
one customer's.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import NullPool, create_engine, text

from storage.database import sync_url
from storage.schema import metadata
from tests.storage.builders import NOW, STORE

ROWS: Final = 1_000_000
CUSTOMERS: Final = 200_000
STORES: Final = 199
UNDELIVERED: Final = 20_000
OF_ONE_CUSTOMER: Final = 10_000
EAGER: Final = "c-eager"
"""The customer with very many events."""

SMALL: Final = frozenset(
    {
        *("stores", "store_keys", "signing_secrets", "personal_ids", "pace", "exit_api_state"),
        *("template_holds", "template_failures", "approved_templates", "template_checks"),
        "result_states",
    }
)
"""Tables with a few rows for each store, or fewer. All others grow with events and people."""

COUNTED: Final = frozenset({"holds", "quarantine"})
"""Tables that `/metrics` counts from end to end, and stops at `MAX_COUNTED`."""

_STORE: Final = f"(CASE WHEN c % 2 = 0 THEN '{STORE}' ELSE 'shop-' || c % {STORES} END)"
_ADDRESS: Final = "(md5('number' || c) || md5('number' || c))"
_EMAIL: Final = "(CASE WHEN c % 3 = 0 THEN md5('email' || c) || md5('email' || c) END)"
_KIND: Final = (
    "(CASE WHEN g % 20 = 0 THEN 'order_placed' WHEN g % 20 < 8 THEN 'cart_update'"
    " ELSE 'product_view' END)"
)
_STATUS: Final = (
    "(CASE WHEN g % 1000 = 0 THEN 'unknown' WHEN g % 20 = 0 THEN 'failed'"
    " WHEN g % 2 = 0 THEN 'read' ELSE 'delivered' END)"
)
_EXPLAINED: Final = "[]"


def _ago(days: int, rows: int = ROWS) -> str:
    """The time of a row: they are spread evenly over so many days, the last one is new."""
    seconds = timedelta(days=days).total_seconds() / rows
    return f"(timestamptz '{NOW.isoformat()}' - ({rows} - g) * interval '{seconds} s')"


def _series(rows: int, customer: str = f"g % {CUSTOMERS}") -> str:
    return f"(SELECT g, {customer} AS c FROM generate_series(1, {rows}) g) s"


_EVENTS: Final = f"""
    INSERT INTO inbox (store_id, event_id, customer_id, kind, intent, at, empties_cart, delivery,
        ignored_because, address_hash, email_hash, body, received_at, attempts, dispatched_at,
        taken_by)
    SELECT {_STORE}, 'e' || g, 'c' || c, {_KIND}, 3, {_ago(60)}, false,
        CASE WHEN g % 20 = 0 THEN 'inform' WHEN g % 20 < 8 THEN 'start' ELSE 'keep' END,
        CASE WHEN g % 20 > 7 THEN 'no plan for product_view' END,
        {_ADDRESS}, {_EMAIL}, '{{}}', {_ago(60)}, 0,
        CASE WHEN g <= {ROWS - UNDELIVERED} THEN {_ago(60)} END,
        CASE WHEN g % 20 BETWEEN 1 AND 6 THEN 'run-' || g END
    FROM {_series(ROWS)}
"""
_OF_EAGER: Final = f"""
    UPDATE inbox SET store_id = '{STORE}', customer_id = '{EAGER}', taken_by = NULL,
        address_hash = md5('{EAGER}') || md5((id % 3)::text), email_hash = NULL
    WHERE id > {ROWS - UNDELIVERED - OF_ONE_CUSTOMER} AND id <= {ROWS - UNDELIVERED}
"""
_MESSAGES: Final = f"""
    INSERT INTO messages (message_id, store_id, customer_id, trigger_event_id, step, kind, template,
        language, address_hash, status, provider_id, due_at, claimed_at, sent_at, updated_at,
        click_token)
    SELECT md5('message' || g), {_STORE}, 'c' || c, 'e' || g, 1, 'cart_update', 'reminder', 'en',
        {_ADDRESS}, {_STATUS}, 'wamid.' || g, {_ago(200)}, {_ago(200)}, {_ago(200)}, {_ago(200)},
        substr(md5('token' || g), 1, 16)
    FROM {_series(ROWS)}
"""
_JOURNEYS: Final = f"""
    INSERT INTO journeys (run_id, store_id, customer_id, kind, trigger_event_id, trigger, left_at,
        outcome, reason, evidence, decisions, closed_at)
    SELECT 'run-' || g, {_STORE}, 'c' || c, 'cart_update', 'e' || g,
        jsonb_build_object('event_id', 'e' || g, 'kind', 'cart_update', 'intent', 3,
            'at', {_ago(200, 300_000)}), {_ago(200, 300_000)},
        'messaged', 'plan_done', '{{}}', '{_EXPLAINED}', {_ago(200, 300_000)}
    FROM {_series(300_000)}
"""
_ALIASES: Final = f"""
    INSERT INTO aliases (store_id, identity_hash, alias_hash, learned_at)
    SELECT {_STORE}, {_ADDRESS}, md5('user' || g) || md5('user' || g), {_ago(200, CUSTOMERS)}
    FROM {_series(CUSTOMERS)}
"""
_SUPPRESSIONS: Final = f"""
    INSERT INTO suppressions (store_id, address_hash, because, created_at)
    SELECT {_STORE}, {_ADDRESS}, 'said STOP', {_ago(200, 50_000)} FROM {_series(50_000, "g + 1000")}
"""
_HOLDS: Final = f"""
    INSERT INTO holds (store_id, customer_id, because, template, held_at)
    SELECT 'shop-1', 'c' || c, 'held', CASE WHEN g % 2 = 0 THEN 'reminder' END, {_ago(1, 50_000)}
    FROM {_series(50_000, "g + 1000")}
"""
_OPT_OUTS: Final = f"""
    INSERT INTO opt_outs (store_id, address_hash, created_at)
    SELECT {_STORE}, {_ADDRESS}, {_ago(1, 20_000)} FROM {_series(20_000, "g + 1000")}
"""
_FAILURES: Final = f"""
    INSERT INTO failures (message_id, store_id, failed_at)
    SELECT md5('message' || g), {_STORE}, {_ago(1, 20_000)} FROM {_series(20_000)}
"""
_WEBHOOKS: Final = f"""
    INSERT INTO webhooks (body, received_at) SELECT '{{}}', {_ago(1, 20_000)}
    FROM {_series(20_000)}
"""
_QUARANTINE: Final = f"""
    INSERT INTO quarantine (store_id, source, phone_number_id, body, errors, received_at)
    SELECT CASE WHEN g % 2 = 0 THEN {_STORE} END,
        CASE WHEN g % 4 = 0 THEN 'event' ELSE 'status' END, '1055', '{{}}', '[]',
        {_ago(60, 100_000)}
    FROM {_series(100_000)}
"""


_ORDERS: Final = f"""
    INSERT INTO orders (store_id, order_key, order_id, customer_id, event_id, found_by, placed_at,
        state_at, amount, currency, received_at)
    SELECT {_STORE}, md5('order' || g), g::text, 'c' || c, 'o' || g,
        CASE WHEN g % 1000 = 0 THEN 'exit_check' ELSE 'event' END, {_ago(200, 100_000)},
        {_ago(200, 100_000)}, 600000000, 'INR', {_ago(200, 100_000)}
    FROM {_series(100_000)}
"""
_ORDER_PEOPLE: Final = f"""
    INSERT INTO order_people (store_id, order_key, customer_id)
    SELECT {_STORE}, md5('order' || g), 'c' || c FROM {_series(100_000)}
"""
_ORDER_CHANGES: Final = f"""
    INSERT INTO order_changes (store_id, change_key, order_key, kind, event_id, customer_id, at)
    SELECT {_STORE}, md5('change' || g), md5('order' || g), 'refunded', 'x' || g, 'c' || c,
        {_ago(200, 20_000)}
    FROM {_series(20_000)}
"""
_LINK_CLICKS: Final = f"""
    INSERT INTO link_clicks (store_id, click_id, component, clicked_at)
    SELECT {_STORE}, 'click' || g, 'cta', {_ago(60, 50_000)} FROM {_series(50_000)}
"""


def _stores() -> str:
    columns = "config, phone_number_id, hash_key, created_at, updated_at"
    return (
        f"INSERT INTO stores (store_id, {columns}, paused_at)"
        f" SELECT 'shop-' || g, {columns.replace('phone_number_id', 'g::text')},"
        f" CASE WHEN g = 1 THEN created_at END"
        f" FROM stores, generate_series(0, {STORES - 1}) g WHERE store_id = '{STORE}'"
    )


_INDEXES: Final = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid
    WHERE relname IN ('inbox', 'messages', 'journeys')
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_FILLING: Final = (
    *(_EVENTS, _OF_EAGER, _MESSAGES, _JOURNEYS, _ALIASES, _SUPPRESSIONS, _HOLDS),
    *(_OPT_OUTS, _FAILURES, _WEBHOOKS, _QUARANTINE),
    *(_ORDERS, _ORDER_PEOPLE, _ORDER_CHANGES, _LINK_CLICKS),
)


def fill(url: str) -> None:
    """Add the rows to a migrated database that has `STORE` alone, and count them for the planner.

    Nothing goes to PostgreSQL's log, indexes are built in the end, and foreign keys, which hold by
    themselves, are not checked a million times.
    """
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"ALTER TABLE {table.name} SET UNLOGGED"))
        indexes = connection.execute(text(_INDEXES)).all()
        for name, _ in indexes:
            connection.execute(text(f"DROP INDEX {name}"))
        for statement in (_stores(), *_FILLING):
            connection.execute(text(statement))
        for _, definition in indexes:
            connection.execute(text(definition.replace(":", "\\:")))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {', '.join(metadata.tables)}"))
