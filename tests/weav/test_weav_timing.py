"""How requests to Weav are named and sorted in the metrics."""

import pytest

from bot.weav.client import operation_of, outcome_of_status
from tests.house import JANE


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/conversations", "GET /conversations"),
        (f"/customers/{JANE}/conversations", "GET /customers/{id}/conversations"),
        ("/conversations/CANARY-17", "GET /conversations/{id}"),
        ("/anything/at/all", "GET /{id}/{id}/{id}"),
    ],
)
def test_an_operation_has_no_id_in_its_name(path: str, operation: str) -> None:
    assert operation_of("GET", path) == operation


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "ok"),
        (204, "ok"),
        (302, "server_error"),
        (400, "refused"),
        (401, "unauthorized"),
        (403, "unauthorized"),
        (404, "refused"),
        (422, "refused"),
        (429, "not_sent"),
        (500, "server_error"),
        (503, "not_sent"),
    ],
)
def test_an_answer_is_sorted_as_its_outcome_is(status: int, outcome: str) -> None:
    assert outcome_of_status(status) == outcome
