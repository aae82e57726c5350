"""The experiments of a store, as they are answered and shown."""

from pydantic import AwareDatetime, BaseModel, Field

from operations.result_models import Estimate, Money


class Arm(BaseModel):
    """The people of one arm."""

    arm: str
    """`holdout`, a variant's name, or `messaged` where the plan has no variants."""
    share: float
    """Of all people, as it should be."""
    people: int
    """Who were assigned to it."""
    followed: int
    """Of these, whose orders were followed to the end: only they are compared."""
    orders: int = 0
    orders_per_100: float | None = None
    revenue: Money = Field(default_factory=dict)
    """Of those who were followed, refunds taken off, not capped."""


class Difference(BaseModel):
    """How one arm differs from another, per 100 people."""

    arm: str
    against: str
    measure: str
    """`orders`, or `revenue`."""
    currency: str | None = None
    """Of revenue; currencies are never added up."""
    difference: Estimate | None
    """None: too little is known, or the split is not as it should be."""
    weeks_to_go: float | None
    said: str
    """The same in words."""


class Split(BaseModel):
    """Whether people were split as they should be."""

    as_it_should_be: bool
    p: float
    """How far the counts speak against it: from 1, not at all, to 0."""
    said: str | None = None


class Point(BaseModel):
    """The difference in orders per 100 people as it was known on one day."""

    at: AwareDatetime
    arm: str
    against: str
    difference: Estimate


class Experiment(BaseModel):
    """What an experiment found so far."""

    experiment_id: str
    plan: str
    holdout: float
    variants: dict[str, float]
    """Their weights."""
    variants_assigned_at: str | None
    """`plan`: when the plan is loaded, since they differ in delays; `claim`: at the first claim."""
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    followed_for: str
    """How long a person's orders count, from when they were assigned."""
    percentile: float
    """Of buyers' revenue, at which revenue is capped in the comparison."""
    arms: list[Arm]
    split: Split
    differences: list[Difference]
    over_time: list[Point]
    said: str
    """What there is to know, in one sentence."""


class Forecast(BaseModel):
    """How long an answer would take, with the store's numbers of late."""

    plan: str
    holdout: float
    people_per_week: float
    """Whose messages came to a first claim, in the last four weeks."""
    orders_per_100: float
    """Of people without a message, guessed from those with one: what is ordered anyway is not known
    before there is a holdout."""
    weeks: float | None
    said: str


class Experiments(BaseModel):
    """A store's experiments, the newest first, and what one would take."""

    experiments: list[Experiment]
    forecasts: list[Forecast]
