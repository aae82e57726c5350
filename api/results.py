"""For the operator and the store itself: what messages brought, and what experiments found."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.csv_answers import MEDIA_TYPE, csv_response, flattened, wants_csv
from api.dependencies import OwnStore, ServicesDep
from api.openapi_answers import error_responses
from api.period import PeriodQuery
from operations.experiment_list import experiments_of
from operations.experiment_models import Experiments
from operations.result_models import ResultRow, Results
from operations.results import results_of
from storage.result_groups import By

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["results"])
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


@router.get("/results", response_model=Results, responses={**error_responses(404), **_CSV})
async def get_results(
    request: Request,
    store: OwnStore,
    period: PeriodQuery,
    services: ServicesDep,
    by: Annotated[By, Query()] = By.PLAN,
) -> Response | Results:
    """What each plan, step, variant, template or day came to; by default of the last seven days.

    Orders and revenue are told three ways that are never added up: by clicked link, within the
    window after a delivered message, and what was caused, against the holdout. CSV by
    `Accept: text/csv`.
    """
    whole = (period.start, period.end)
    found = await results_of(services.database, store, by, *whole, now=services.clock())
    return _result_rows(found) if wants_csv(request) else found


def _result_rows(found: Results) -> Response:
    rows = [flattened(row.model_dump(mode="json")) for row in found.rows]
    first = [name for name in flattened(ResultRow().model_dump(mode="json")) if _is_plain(name)]
    others = sorted({name for row in rows for name in row} - set(first))
    return csv_response(rows, [*first, *(name for name in others if _has_value(name, rows))])


def _is_plain(name: str) -> bool:
    return not name.startswith(("revenue", "refunded", "cost")) or name == "cost_unknown"


def _has_value(name: str, rows: list[dict[str, Any]]) -> bool:
    return any(row.get(name) is not None for row in rows)


@router.get("/experiments", response_model=Experiments, responses={**error_responses(404), **_CSV})
async def get_experiments(
    request: Request, store: OwnStore, services: ServicesDep
) -> Response | Experiments:
    """Since when, how many in each arm, orders, and the difference with its interval.

    The interval holds on whichever day it is looked at. CSV by `Accept: text/csv`: a line for each
    difference.
    """
    found = await experiments_of(services.database, store, services.clock())
    return _experiment_rows(found) if wants_csv(request) else found


_EXPERIMENT_COLUMNS = (
    *("experiment_id", "plan", "started_at", "ended_at", "arm", "against", "measure", "currency"),
    *("people", "followed", "orders", "against_people", "against_followed", "against_orders"),
    *("estimate_per_100", "low_per_100", "high_per_100", "weeks_to_go", "said"),
)


def _experiment_rows(found: Experiments) -> Response:
    rows = []
    for each in found.experiments:
        arms = {arm.arm: arm.model_dump(mode="json") for arm in each.arms}
        for difference in each.differences:
            known = difference.model_dump(mode="json")
            interval = known.pop("difference") or {}
            against = arms.get(difference.against, {})
            counted = ("people", "followed", "orders")
            rows.append(
                {
                    **each.model_dump(mode="json", include={"experiment_id", "plan"}),
                    **each.model_dump(mode="json", include={"started_at", "ended_at"}),
                    **{name: arms.get(difference.arm, {}).get(name) for name in counted},
                    **{f"against_{name}": against.get(name) for name in counted},
                    **known,
                    **{f"{name}_per_100": value for name, value in interval.items()},
                }
            )
    return csv_response(rows, _EXPERIMENT_COLUMNS)
