"""The delivering activity with given clients, and its input for the first step of a plan."""

from datetime import timedelta

import httpx
from prometheus_client import CollectorRegistry

from activities.deliver import Deliver
from activities.exit_check import ExitCheck
from activities.message_request import MessageRequests
from activities.metrics import DeliveryMetrics
from activities.send_message import MessageSender
from activities.send_recorder import RECORD_WITHIN, SendRecorder
from clock import Clock
from domain.events.journey_event import JourneyEvent
from domain.journey.activity_inputs import DeliverRequest
from domain.journey.activity_results import LoadedPlan
from domain.journey.buffer import Settled
from domain.journey.identity import CustomerRef
from domain.journey.plan import Departure, make_plan
from domain.journey.policy import policy_of
from domain.journey.requests import deliver_request
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from partners.channels import ChannelClient
from partners.exit_api import ExitApiClient
from storage.database import Database
from whatsapp.client import CloudApiClient


def first_delivery(
    customer: CustomerRef, config: StoreConfig, trigger: JourneyEvent
) -> DeliverRequest:
    """What a journey about this event asks for when its first message is due."""
    policy, left_at = policy_of(config), trigger.at
    plan = make_plan(config, trigger.kind, Departure(left_at, left_at, left_at), None)
    state = JourneyState(
        store_id=customer.store_id,
        customer_id=customer.customer_id,
        buffer=timedelta(0),
        policy=policy,
    )
    state.begin(Settled(trigger, left_at), left_at)
    state.follow(LoadedPlan(plan=plan, policy=policy), left_at)
    return deliver_request(state, plan.steps[0])


def delivering(
    database: Database,
    http: httpx.AsyncClient,
    clock: Clock,
    record_within: timedelta = RECORD_WITHIN,
    registry: CollectorRegistry | None = None,
) -> Deliver:
    """The activity, with Meta, partners and channels behind one client."""
    meta = CloudApiClient(http, "https://meta.example")
    channels = ChannelClient(http, clock, allow_private=True)
    recorder = SendRecorder(database, clock, within=record_within)
    metrics = DeliveryMetrics(registry or CollectorRegistry())
    requests = MessageRequests(meta, channels, clock, metrics)
    sender = MessageSender(database, requests, recorder, clock, metrics)
    exit_check = ExitCheck(database, ExitApiClient(http, allow_private=True), clock, metrics)
    return Deliver(database, exit_check, sender, recorder, clock)
