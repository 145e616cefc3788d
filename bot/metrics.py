"""The Prometheus metrics, named as https://prometheus.io/docs/practices/naming says.

Labels have no ids: their values are constants in the code, never read from a payload.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

# Seconds. Fine around the usual milliseconds and around Slack's limit of 3 s.
_ANSWERS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 3, 5)
_CALLS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# An idle loop is as late as the kernel's timers.
_LAGS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10)
_WAITS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
# `ignored`: no card shows the conversation.
WEBHOOK_OUTCOMES: Final = (
    "accepted",
    "ignored",
    "signature",
    "malformed",
    "not_written",
    "too_large",
    "too_slow",
    "gone",
)
# When the payload came in that the running task works for; the tasks that it starts inherit it.
_started_at: ContextVar[float | None] = ContextVar("started_at", default=None)


class Metrics:
    """All metrics are in the given registry; times are in seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._times()
        self._counts()
        self._ledger()
        self.build = Info("weav_slack_build", "The running release.", registry=registry)
        ProcessCollector(registry=registry)

    def _times(self) -> None:
        self.acknowledged = self._histogram(
            "weav_slack_acknowledgement_seconds",
            "From a payload from Slack to its answer; Slack gives up after 3 s.",
            _ANSWERS,
            ["kind"],
        )
        self.form_opened = self._histogram(
            "weav_slack_form_opening_seconds",
            "From a payload to the open form; a trigger lives for 3 s.",
            _ANSWERS,
        )
        self.card_posted = self._histogram(
            "weav_slack_submission_to_card_seconds", "From a submission to its card.", _WAITS
        )
        self.slack_calls = self._histogram(
            "weav_slack_slack_request_seconds",
            "Calls to Slack, until the whole answer is read.",
            _CALLS,
            ["method", "outcome"],
        )
        self.weav_calls = self._histogram(
            "weav_slack_weav_request_seconds",
            "Requests to Weav, until the whole answer is read.",
            _CALLS,
            ["operation", "outcome"],
        )
        self.event_loop_lag = self._histogram(
            "weav_slack_event_loop_lag_seconds",
            "How late the event loop runs callbacks, measured 100 times a second.",
            _LAGS,
        )
        # Starts at 0 like the counters: on a quiet night the first 401 may be the only one.
        self.weav_calls.labels("POST /conversations", "unauthorized")

    def _counts(self) -> None:
        self.triggers_expired = self._counter(
            "weav_slack_expired_triggers",
            "Forms not opened because their trigger had expired.",
        )
        self.cards = self._counter(
            "weav_slack_cards",
            "Conversations announced, by the route of their card.",
            route=("channel", "response_url", "direct", "nowhere"),
        )
        self.refusals = self._counter(
            "weav_slack_refusals",
            "Payloads refused, by the reason.",
            reason=("signature", "malformed", "nobody", "too_large", "too_slow"),
        )
        self.webhooks = Counter(
            "weav_slack_webhooks",
            "Webhooks from Weav, by event and outcome.",
            ("event", "outcome"),
            registry=self.registry,
        )
        for outcome in WEBHOOK_OUTCOMES:
            self.webhooks.labels("other", outcome)
        self.looks = Counter(
            "weav_slack_looks",
            "Looks at conversations in Weav, by kind and outcome.",
            ("look", "outcome"),
            registry=self.registry,
        )
        self.looks.labels("card", "redrawn")
        self.looks.labels("replies", "told")
        self.failures = self._counter(
            "weav_slack_failures",
            "Unexpected errors in the bot; each has a reference in the log.",
            where=("handler", "task"),
        )

    def _ledger(self) -> None:
        self.ready = self._gauge(
            "weav_slack_ready", "The checks of /readyz: 1 when well, else 0.", ["check"]
        )
        self.ledger_up = self._gauge(
            "weav_slack_ledger_up", "1 when the database answered this scrape, else 0."
        )
        self.ledger_rows = self._gauge(
            "weav_slack_ledger_rows",
            "Submissions that are not finished.",
            ["state"],
        )
        self.ledger_oldest = self._gauge(
            "weav_slack_ledger_oldest_seconds",
            "The age of the oldest unfinished submission; 0 without any.",
        )
        self.looks_oldest = self._gauge(
            "weav_slack_looks_oldest_seconds",
            "The age of the oldest look that is due; 0 without any.",
        )
        self.webhooks_enabled = self._gauge(
            "weav_slack_webhooks_enabled", "1 when the bot accepts Weav's webhooks, else 0."
        )
        self.queue = self._gauge(
            "weav_slack_queue_length", "Conversations queued until Weav answers again."
        )

    def note_answer(self, kind: str, began: float) -> None:
        self.acknowledged.labels(kind).observe(perf_counter() - began)

    def note_weav_request(self, operation: str, outcome: str, seconds: float) -> None:
        self.weav_calls.labels(operation, outcome).observe(seconds)

    def note_form_opened(self) -> None:
        if (began := _started_at.get()) is not None:
            self.form_opened.observe(perf_counter() - began)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], labels: list[str] | None = None
    ) -> Histogram:
        return Histogram(name, text, labels or (), buckets=buckets, registry=self.registry)

    def _counter(self, name: str, text: str, **label: Iterable[str]) -> Counter:
        """Start each series at 0: `increase()` does not count the first 1 of a new series."""
        counter = Counter(name, text, label, registry=self.registry)
        for value in next(iter(label.values()), ()):
            counter.labels(value)
        return counter

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or (), registry=self.registry)


def start_timer() -> float:
    """Record the start time for this task and the tasks that it starts, and return it."""
    began = perf_counter()
    _started_at.set(began)
    return began
