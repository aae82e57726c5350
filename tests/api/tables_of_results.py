"""What the week of `story_of_results` must come to, and how an answer is compared with it."""

from decimal import Decimal
from typing import Any

PLAN = """
                           cart_update  product_view
journeys                             3             1
messaged                             4             2
unconfirmed                          1             1
undelivered                          2             -
withheld                             1             -
delivered                            3             1
read                                 1             1
clicked                              2             1
replied                              1             -
opted_out                            1             -
orders.clicked                       2             -
orders.within_window                 4             2
cancelled.within_window              1             -
of_unknown_value.within_window       -             1
revenue.clicked.INR                350             -
revenue.within_window.INR          700             -
revenue.within_window.USD           20           -10
revenue.within_window.EUR            -            50
refunded.clicked.INR               100             -
refunded.within_window.INR        1600             -
refunded.within_window.USD           -            10
cost.INR                          2.64             0
cost_unknown                         -             1
"""
STEP = """
                           cart_update/1  cart_update/2  product_view/1
journeys                               5              1               2
messaged                               3              1               2
unconfirmed                            1              -               1
undelivered                            2              -               -
withheld                               1              -               -
delivered                              2              1               1
read                                   1              -               1
clicked                                1              1               1
replied                                1              -               -
opted_out                              -              1               -
orders.clicked                         1              1               -
orders.within_window                   3              1               2
cancelled.within_window                1              -               -
of_unknown_value.within_window         -              -               1
revenue.clicked.INR                  200            150               -
revenue.within_window.INR            500            200               -
revenue.within_window.USD             20              -             -10
revenue.within_window.EUR              -              -              50
refunded.clicked.INR                 100              -               -
refunded.within_window.INR          1500            100               -
refunded.within_window.USD             -              -              10
cost.INR                            1.76           0.88               0
cost_unknown                           -              -               1
"""
VARIANT = """
                           cart_update/a  cart_update/b  product_view
journeys                               3              2             2
messaged                               3              1             2
unconfirmed                            1              -             1
undelivered                            1              1             -
withheld                               1              -             -
delivered                              2              1             1
read                                   1              -             1
clicked                                2              -             1
replied                                -              1             -
opted_out                              1              -             -
orders.clicked                         2              -             -
orders.within_window                   2              2             2
cancelled.within_window                -              1             -
of_unknown_value.within_window         -              -             1
revenue.clicked.INR                  350              -             -
revenue.within_window.INR            700              0             -
revenue.within_window.USD              -             20           -10
revenue.within_window.EUR              -              -            50
refunded.clicked.INR                 100              -             -
refunded.within_window.INR           100           1500             -
refunded.within_window.USD             -              -            10
cost.INR                            1.76           0.88             0
cost_unknown                           -              -             1
"""
TEMPLATE = """
                           cart_reminder/en  last/en  sms  still_looking/en
journeys                                  5        1    1                 2
messaged                                  2        1    1                 2
unconfirmed                               -        -    1                 1
undelivered                               2        -    -                 -
withheld                                  1        -    -                 -
delivered                                 2        1    -                 1
read                                      1        -    -                 1
clicked                                   1        1    -                 1
replied                                   1        -    -                 -
opted_out                                 -        1    -                 -
orders.clicked                            1        1    -                 -
orders.within_window                      3        1    -                 2
cancelled.within_window                   1        -    -                 -
of_unknown_value.within_window            -        -    -                 1
revenue.clicked.INR                     200      150    -                 -
revenue.within_window.INR               500      200    -                 -
revenue.within_window.USD                20        -    -               -10
revenue.within_window.EUR                 -        -    -                50
refunded.clicked.INR                    100        -    -                 -
refunded.within_window.INR             1500      100    -                 -
refunded.within_window.USD                -        -    -                10
cost.INR                               1.76     0.88    0                 0
cost_unknown                              -        -    -                 1
"""
DAY = """
                           2026-03-02  2026-03-03  2026-03-04  2026-03-05  2026-03-06
journeys                            3           1           -           -           -
messaged                            5           1           -           -           -
unconfirmed                         2           -           -           -           -
undelivered                         2           -           -           -           -
withheld                            1           -           -           -           -
delivered                           3           1           -           -           -
read                                2           -           -           -           -
clicked                             2           1           -           -           -
replied                             1           -           -           -           -
opted_out                           -           -           -           1           -
orders.clicked                      -           -           2           -           -
orders.within_window                2           2           2           1          -1
cancelled.within_window             -           -           -           -           1
of_unknown_value.within_window      1           -           -           -           -
revenue.clicked.INR                 -           -         450        -100           -
revenue.within_window.INR         500           -         300         800        -900
revenue.within_window.USD           -          20         -10           -           -
revenue.within_window.EUR           -          50           -           -           -
refunded.clicked.INR                -           -           -         100           -
refunded.within_window.INR          -           -         600         100         900
refunded.within_window.USD          -           -          10           -           -
cost.INR                         1.76        0.88           0           0           0
cost_unknown                        1           -           -           -           -
"""
TABLES = {"plan": PLAN, "step": STEP, "variant": VARIANT, "template": TEMPLATE, "day": DAY}
ALL_ORDERS = {
    "orders": 13,
    "cancelled": 1,
    "of_unknown_value": 1,
    "revenue": {"EUR": "50.00", "INR": "8341.00", "USD": "10.00"},
    "refunded": {"INR": "1670.00", "USD": "10.00"},
}
_NAMES = ("day", "plan", "step", "variant", "template", "language")
Figures = dict[str, dict[str, Decimal]]


def written(table: str) -> Figures:
    """The columns of a table, each with its figures."""
    head, *lines = (line.split() for line in table.strip().splitlines())
    return {
        name: {line[0]: Decimal(line[place]) for line in lines if line[place] != "-"}
        for place, name in enumerate(head, start=1)
    }


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    parts = (flat(part, f"{prefix}.{name}" if prefix else name) for name, part in value.items())
    return {name: leaf for part in parts for name, leaf in part.items()}


def _is_money(name: str) -> bool:
    return name.startswith(("revenue.", "refunded.", "cost."))


def told(rows: list[dict[str, Any]]) -> Figures:
    """The rows of an answer in the same form; counts of 0 and what is null left out."""
    figures = {}
    for row in rows:
        known = flat(row)
        title = "/".join(str(known[name]) for name in _NAMES if known.get(name))
        figures[title] = {
            name: Decimal(value)
            for name, value in known.items()
            if name not in {*_NAMES, "incremental_because", "experiment_id"}
            if value not in {None, ""} and (_is_money(name) or Decimal(value) != 0)
        }
    return figures


def differences(found: Figures, expected: Figures) -> list[tuple[str, str, Any, Any]]:
    """Row, figure, what was told and what should be."""
    return [
        (row, name, found.get(row, {}).get(name), expected.get(row, {}).get(name))
        for row in sorted(found.keys() | expected.keys())
        for name in sorted(found.get(row, {}).keys() | expected.get(row, {}).keys())
        if found.get(row, {}).get(name) != expected.get(row, {}).get(name)
    ]
