"""A PostgreSQL database with a year of one store's messages and orders, filled by SQL."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import NullPool, create_engine, text

from storage.database import sync_url

STORE: Final = "large"
DAYS: Final = 365
MESSAGES_OF_A_PERSON: Final = 4
ORDER_OF_EVERY: Final = 10
"""Messages for each order."""

HELD_OUT: Final = 10
"""Of a hundred people."""

_STATUS: Final = (
    "(CASE WHEN c % 100 < :held_out THEN 'withheld' WHEN g % 20 = 0 THEN 'failed'"
    " WHEN g % 10 = 1 THEN 'sent' WHEN g % 2 = 0 THEN 'read' ELSE 'delivered' END)"
)
_AT: Final = "(CAST(:now AS timestamptz) - (:messages - g) * (:step * interval '1 second'))"
_MESSAGES: Final = f"""
    INSERT INTO messages (message_id, store_id, customer_id, trigger_event_id, step, kind, channel,
      template, language, address_hash, status, billable, price_category, country, variant,
      click_token, due_at, claimed_at, sent_at, delivered_at, clicked_at, updated_at)
    SELECT md5('m' || g), :store, 'c' || c, 'e' || g / 2, 1 + g % 2,
      CASE WHEN c % 3 = 0 THEN 'product_view' ELSE 'cart_update' END, 'whatsapp',
      'template_' || c % 5, 'en', md5('n' || c), {_STATUS}, g % 3 > 0, 'marketing',
      CASE WHEN c % 7 = 0 THEN 'US' ELSE 'IN' END, CASE WHEN c % 3 > 0 THEN chr(97 + c % 2) END,
      substr(md5('t' || g), 1, 20), {_AT}, {_AT}, {_AT},
      CASE WHEN c % 100 >= :held_out AND g % 20 > 0 AND g % 10 <> 1 THEN {_AT} END,
      CASE WHEN g % 50 = 3 THEN {_AT} END, {_AT}
    FROM (SELECT g, g % :people AS c FROM generate_series(1, :messages) g) s
"""  # noqa: S608  # its parts stand above
_ORDERS: Final = f"""
    INSERT INTO orders (store_id, order_key, order_id, customer_id, event_id, found_by, placed_at,
      state_at, amount, currency, click_token, received_at)
    SELECT :store, md5('o' || g), 'o' || g, 'c' || c, 'o' || g, 'event', at + interval '5 hours',
      at, CAST(1000000 AS bigint) * (500 + g % 4000), CASE WHEN c % 7 = 0 THEN 'USD' ELSE 'INR' END,
      CASE WHEN g % 3 = 0 THEN substr(md5('t' || g), 1, 20) END, at
    FROM (SELECT g, g % :people AS c, {_AT} AS at FROM generate_series(1, :messages) g) s
    WHERE g % :every = 3
"""  # noqa: S608  # its part stands above
_CHANGES: Final = """
    INSERT INTO order_changes
    SELECT store_id, order_key, order_key, 'refunded', 'r' || event_id, customer_id,
      placed_at + interval '2 days', amount / 2, currency FROM orders WHERE order_key < '1'
"""
_JOURNEYS: Final = """
    INSERT INTO journeys (run_id, store_id, customer_id, kind, trigger_event_id, outcome, reason,
      evidence, decisions, closed_at)
    SELECT md5(message_id), store_id, customer_id, kind, trigger_event_id, 'messaged', 'plan_done',
      '{}', '[]', claimed_at FROM messages WHERE step = 1
"""
_SUPPRESSIONS: Final = """
    INSERT INTO suppressions
    SELECT store_id, address_hash, 'said STOP', max(delivered_at) + interval '1 hour'
    FROM messages WHERE address_hash < '02' AND delivered_at IS NOT NULL GROUP BY 1, 2
"""
_ASSIGNMENTS: Final = """
    INSERT INTO assignments (store_id, experiment_id, person, customer_id, variant, held_out,
      claimed_at)
    SELECT store_id, (SELECT experiment_id FROM experiments LIMIT 1), address_hash,
      min(customer_id), min(variant), bool_or(status = 'withheld'), min(claimed_at)
    FROM messages WHERE kind = 'cart_update' GROUP BY store_id, address_hash
"""
_STARTED: Final = (
    "UPDATE experiments SET started_at = CAST(:now AS timestamptz) - interval '365 days'"
)
_STATEMENTS: Final = (
    _MESSAGES,
    _ORDERS,
    "INSERT INTO order_people SELECT store_id, order_key, customer_id FROM orders",
    _CHANGES,
    _JOURNEYS,
    _SUPPRESSIONS,
    _ASSIGNMENTS,
    _STARTED,
    "VACUUM ANALYZE",
)


def fill(url: str, messages: int, now: datetime) -> None:
    """Fill a database that has the store: `messages` over a year, and a tenth as many orders."""
    step = timedelta(days=DAYS).total_seconds() / messages
    values = {
        "store": STORE,
        "now": now,
        "messages": messages,
        "people": messages // MESSAGES_OF_A_PERSON,
        "every": ORDER_OF_EVERY,
        "held_out": HELD_OUT,
        "step": step,
    }
    engine = create_engine(sync_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in _STATEMENTS:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
