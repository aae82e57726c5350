import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text

from storage.database import sync_url
from storage.migrate import alembic_config, upgrade
from storage.tables import metadata


def difference(url: str) -> list[object]:
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def tables(url: str) -> set[str]:
    engine = create_engine(sync_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_migrated_database_is_what_the_program_was_written_for(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    assert difference(empty_database_url) == []


def test_second_upgrade_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    upgrade(empty_database_url)
    assert difference(empty_database_url) == []


def test_downgrade_takes_everything_away(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    command.downgrade(alembic_config(empty_database_url), "base")
    assert tables(empty_database_url) == {"alembic_version"}


def test_threads_may_upgrade_at_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [empty_database_url] * 4))
    assert difference(empty_database_url) == []


def test_processes_may_upgrade_at_once(empty_database_url: str) -> None:
    program = "import sys; from storage.migrate import upgrade; upgrade(sys.argv[1])"
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty_database_url]) for _ in range(3)
    ]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    assert difference(empty_database_url) == []


def test_stores_from_before_are_found_by_their_number(empty_database_url: str) -> None:
    command.upgrade(alembic_config(empty_database_url), "0001")
    engine = create_engine(sync_url(empty_database_url), poolclass=NullPool)
    config = json.dumps({"whatsapp": {"phone_number_id": "1055"}})
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO stores (store_id, config, signing_secret, hash_key, created_at,"
                f" updated_at) VALUES ('denim', '{config}', '', '', '2024-10-08', '2024-10-08')"
            )
        )
    upgrade(empty_database_url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT phone_number_id FROM stores"))
        assert found.scalars().all() == ["1055"]
