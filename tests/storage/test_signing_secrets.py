from base64 import b64decode

import pytest

from storage import signing_secrets
from storage.credential_limits import CredentialLimitError
from storage.database import Database
from storage.signing_secrets import MAX_LIVE, NewSigningSecret
from storage.tables import signing_secrets as table
from tests.storage.builders import NOW, OTHER_STORE, STORE, later


async def made(database: Database, store_id: str = STORE) -> NewSigningSecret:
    async with database.transaction() as connection:
        return await signing_secrets.make(connection, store_id, NOW)


async def live(database: Database, store_id: str = STORE) -> set[str]:
    async with database.reading() as connection:
        return {*await signing_secrets.live(connection, store_id)}


async def ended(database: Database, secret_id: str, store_id: str = STORE) -> bool:
    async with database.transaction() as connection:
        return await signing_secrets.end(connection, store_id, secret_id, later())


async def test_secret_is_of_the_standard_and_not_in_its_repr(registered: Database) -> None:
    new = await made(registered)
    prefix, _, encoded = new.signing_secret.partition("_")
    assert (prefix, len(b64decode(encoded))) == ("whsec", 24)
    assert new.signing_secret not in repr(new)


async def test_secrets_overlap_until_one_is_ended(registered: Database) -> None:
    old, new = await made(registered), await made(registered)
    assert await live(registered) == {old.signing_secret, new.signing_secret}
    assert await ended(registered, old.signing_secret_id)
    assert await live(registered) == {new.signing_secret}
    async with registered.reading() as connection:
        listed = await signing_secrets.listed(connection, STORE)
    assert listed == [{"signing_secret_id": new.signing_secret_id, "created_at": NOW}]


async def test_secret_of_another_store_cannot_be_ended(registered: Database) -> None:
    secret = await made(registered)
    assert not await ended(registered, secret.signing_secret_id, OTHER_STORE)
    assert not await ended(registered, "no_such_secret")
    assert await live(registered) == {secret.signing_secret}
    assert await live(registered, OTHER_STORE) == set()


async def test_ended_secret_is_forgotten(registered: Database) -> None:
    secret = await made(registered)
    await ended(registered, secret.signing_secret_id)
    async with registered.reading() as connection:
        rows = (await connection.execute(table.select())).all()
    assert secret.signing_secret not in str(rows)


async def test_number_of_live_secrets_is_limited(registered: Database) -> None:
    first, *_ = [await made(registered) for _ in range(MAX_LIVE)]
    with pytest.raises(CredentialLimitError, match="has 10 signing secrets"):
        await made(registered)
    await made(registered, OTHER_STORE)
    await ended(registered, first.signing_secret_id)
    assert await made(registered)
