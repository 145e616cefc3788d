"""What is counted and timed, for Prometheus: https://prometheus.io/docs/practices/naming.

No ids in labels: what a label may say is written in this package, never read from a payload.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

# Around the 3 s that Slack gives, and the milliseconds that are usual.
_ANSWERS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 3, 5)
_CALLS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# A loop that has nothing to do is late by what the kernel's timers are.
_LAGS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10)
_WAITS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
# Of a webhook; `ignored` is what no card is about.
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
# When the payload came that the running task works for; tasks inherit it from what starts them.
_started_at: ContextVar[float | None] = ContextVar("started_at", default=None)


class Metrics:
    """Everything is made in the registry that is passed in; times are in seconds."""

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
            "From a payload of Slack's to its answer; Slack gives up after 3 s.",
            _ANSWERS,
            ["kind"],
        )
        self.form_opened = self._histogram(
            "weav_slack_form_opening_seconds",
            "From a payload to the form that it opened; its trigger lives for 3 s.",
            _ANSWERS,
        )
        self.card_posted = self._histogram(
            "weav_slack_submission_to_card_seconds", "From a submission to its card.", _WAITS
        )
        self.slack_calls = self._histogram(
            "weav_slack_slack_request_seconds",
            "Calls to Slack until the whole answer.",
            _CALLS,
            ["method", "outcome"],
        )
        self.weav_calls = self._histogram(
            "weav_slack_weav_request_seconds",
            "Requests to Weav until the whole answer.",
            _CALLS,
            ["operation", "outcome"],
        )
        self.event_loop_lag = self._histogram(
            "weav_slack_event_loop_lag_seconds",
            "How late the event loop was for what was due, looked at 100 times a second.",
            _LAGS,
        )
        # Begins at 0 as the counters do: on a quiet night the first may be the only one.
        self.weav_calls.labels("POST /conversations", "unauthorized")

    def _counts(self) -> None:
        self.triggers_expired = self._counter(
            "weav_slack_expired_triggers", "Forms that did not open since their trigger was over."
        )
        self.cards = self._counter(
            "weav_slack_cards",
            "Conversations announced, by the way their card went.",
            route=("channel", "response_url", "direct", "nowhere"),
        )
        self.refusals = self._counter(
            "weav_slack_refusals",
            "What was not let in, by the reason.",
            reason=("signature", "malformed", "nobody", "too_large", "too_slow"),
        )
        self.webhooks = Counter(
            "weav_slack_webhooks",
            "What Weav told, by its event and what became of it.",
            ("event", "outcome"),
            registry=self.registry,
        )
        for outcome in WEBHOOK_OUTCOMES:
            self.webhooks.labels("other", outcome)
        self.looks = Counter(
            "weav_slack_looks",
            "Looks at conversations in Weav, by why it was looked and what came of it.",
            ("look", "outcome"),
            registry=self.registry,
        )
        self.looks.labels("card", "redrawn")
        self.looks.labels("replies", "told")
        self.failures = self._counter(
            "weav_slack_failures",
            "Mistakes of the bot; each has a reference in the log.",
            where=("handler", "task"),
        )

    def _ledger(self) -> None:
        self.ready = self._gauge(
            "weav_slack_ready", "What /readyz says: 1 when it is well, else 0.", ["check"]
        )
        self.ledger_up = self._gauge(
            "weav_slack_ledger_up", "1 when the database answered this scrape, else 0."
        )
        self.ledger_rows = self._gauge(
            "weav_slack_ledger_rows",
            "Submissions that something remains to be done for.",
            ["state"],
        )
        self.ledger_oldest = self._gauge(
            "weav_slack_ledger_oldest_seconds",
            "The age of the oldest of them; 0 when none is left.",
        )
        self.looks_oldest = self._gauge(
            "weav_slack_looks_oldest_seconds",
            "The age of the oldest look at a conversation that is due; 0 when none is.",
        )
        self.webhooks_enabled = self._gauge(
            "weav_slack_webhooks_enabled", "1 where Weav's webhooks are taken, else 0."
        )
        self.queue = self._gauge(
            "weav_slack_queue_length", "Conversations that wait for Weav to answer again."
        )

    def note_answer(self, kind: str, began: float) -> None:
        self.acknowledged.labels(kind).observe(perf_counter() - began)

    def note_weav_request(self, operation: str, outcome: str, seconds: float) -> None:
        self.weav_calls.labels(operation, outcome).observe(seconds)

    def form_is_open(self) -> None:
        if (began := _started_at.get()) is not None:
            self.form_opened.observe(perf_counter() - began)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], labels: list[str] | None = None
    ) -> Histogram:
        return Histogram(name, text, labels or (), buckets=buckets, registry=self.registry)

    def _counter(self, name: str, text: str, **label: Iterable[str]) -> Counter:
        """Begin at 0 for each value: `increase()` misses the 1 of a series that was not there."""
        counter = Counter(name, text, label, registry=self.registry)
        for value in next(iter(label.values()), ()):
            counter.labels(value)
        return counter

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or (), registry=self.registry)


def start_timer() -> float:
    """Note the moment for all that follows in this task and in those that it starts."""
    began = perf_counter()
    _started_at.set(began)
    return began
