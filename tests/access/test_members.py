"""How the answers of users.info and conversations.info are read."""

from typing import Any

import pytest

from bot.access.audience import Audience, audience_of
from bot.access.members import Member, Standing, member_of, standing_of


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"is_restricted": False, "is_stranger": False}, Standing.MEMBER),
        ({}, Standing.MEMBER),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_restricted": True, "is_ultra_restricted": True}, Standing.GUEST),
        ({"is_stranger": True}, Standing.STRANGER),
        (None, None),
        ("U0ANN", None),
    ],
)
def test_the_standing_is_read_from_a_user(user: Any, expected: Standing | None) -> None:  # noqa: ANN401 - JSON
    assert standing_of(user) is expected


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ({"is_ext_shared": False}, Audience.INSIDE),
        ({"is_shared": True, "is_org_shared": True}, Audience.INSIDE),
        ({"is_ext_shared": True}, Audience.SHARED),
        ({"is_pending_ext_shared": True}, Audience.SHARED),
        (None, None),
        ([], None),
    ],
)
def test_the_audience_is_read_from_a_channel(channel: Any, expected: Audience | None) -> None:  # noqa: ANN401 - JSON
    assert audience_of(channel) is expected


OF_GRID = {"enterprise_id": "E0ORG", "teams": ["T0HOME", "T0SISTER"]}


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"team_id": "T0HOME"}, Member(Standing.MEMBER, "T0HOME")),
        (
            {"team_id": "T0HOME", "is_restricted": True, "enterprise_user": OF_GRID},
            Member(Standing.GUEST, "T0HOME", "E0ORG", frozenset({"T0HOME", "T0SISTER"})),
        ),
        ({"enterprise_user": OF_GRID | {"teams": None}}, Member(Standing.MEMBER, "", "E0ORG")),
        ({"team_id": 7, "enterprise_user": []}, Member(Standing.MEMBER)),
        (None, None),
    ],
)
def test_membership_is_read_from_a_user(user: Any, expected: Member | None) -> None:  # noqa: ANN401 - JSON
    assert member_of(user) == expected
