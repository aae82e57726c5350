from storage import message_limits
from storage.database import Database
from storage.messages import MessageStatus
from tests.storage.builders import NOW, OTHER_STORE, STORE, key
from tests.storage.test_messages import claim, settle


async def test_messages_that_reached_or_may_have_reached_a_person_are_counted(
    registered: Database,
) -> None:
    for step, status in enumerate(MessageStatus):
        message_id = await claim(registered, key(step), 1)
        if status is not MessageStatus.CLAIMED:
            await settle(registered, message_id, status)
    await claim(registered, key(90), 0)
    await claim(registered, key(91), 1, address_hash="another")
    await claim(registered, key(92, store_id=OTHER_STORE), 1)
    async with registered.reading() as connection:
        counted = await message_limits.counted_since(connection, STORE, {"hash"}, NOW)
    assert len(counted) == len(set(MessageStatus) - {MessageStatus.FAILED, MessageStatus.NOT_SENT})
