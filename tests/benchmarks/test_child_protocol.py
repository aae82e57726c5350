import pytest

from benchmarks.bare.ingest import BareIngestPlan, BareIngestResult
from benchmarks.child_protocol import ChildFailedError, ready_child

PLAN = BareIngestPlan(address="127.0.0.1:1", customers=0, events=1, concurrent=1)


async def test_a_child_that_fails_has_no_result() -> None:
    async with ready_child("benchmarks.bare.ingest", PLAN) as child:
        with pytest.raises(ChildFailedError):
            await child.perform(BareIngestResult)


async def test_a_child_that_does_not_start_is_noticed() -> None:
    with pytest.raises(ChildFailedError, match="did not start"):
        async with ready_child("benchmarks.no_such_module", PLAN):
            pass
