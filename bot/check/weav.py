"""Checks the address and the token of Weav with a request that changes nothing."""

from http import HTTPStatus
from typing import Final

from bot.check.findings import Finding, failed, masked, note, ok, unchecked
from bot.settings import Settings
from bot.weav.client import weav_client
from bot.weav.directory import AGENTS
from bot.weav.outcomes import HttpAnswer
from bot.weav.pages import LookUpFailed, page_of_answer

REACHED: Final = "Weav"
TOKEN: Final = "Weav token"  # noqa: S105 - a heading
READ: Final = "Weav read"
WRITE: Final = "Weav write"
POINTS: Final = (REACHED, TOKEN, READ, WRITE)
_ADDRESS: Final = "Check that WEAV_API_URL is right, and that this machine can reach it."
_ONLY_A_WRITE: Final = (
    "only a create could tell if the token may create conversations (external-api:write)"
)


async def examine(settings: Settings) -> list[Finding]:
    """Ask for one agent: https://docs.weav.com/api-reference/agents/list-agents."""
    url, token = settings.weav_api_url, settings.weav_api_token.get_secret_value()
    async with weav_client(url, token, settings.weav_timeout) as weav:
        answer = await weav.ask("GET", AGENTS.path, params={"per_page": 1})
    if not isinstance(answer, HttpAnswer):
        return _unreached(failed(REACHED, f"{answer.reason} ({url})", _ADDRESS))
    shown = masked(token)
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return _no_token(url, shown)
        case HTTPStatus.FORBIDDEN:
            mend = "Give the token the ability external-api:read, too: look-ups need it."
            return [
                ok(REACHED, f"reached at {url}"),
                note(TOKEN, f"{shown} seems to be known: Weav refuses the reading, not the token"),
                failed(READ, "the token may not read (external-api:read)", mend),
                note(WRITE, _ONLY_A_WRITE),
            ]
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            busy = f"Weav is not accepting requests at the moment (answer {answer.status})"
            return _unreached(failed(REACHED, busy, "Wait a minute and check again."))
        case status if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return await _list_of_agents(answer, url, shown)
        case status:
            text = f"the answer at {url} is {status}, not Weav's list of agents"
            return _unreached(failed(REACHED, text, _ADDRESS))


def _no_token(url: str, shown: str) -> list[Finding]:
    mend = "Make a new API token in Weav and set it as WEAV_API_TOKEN."
    refused = failed(TOKEN, f"{shown} is not accepted", mend)
    rest = [unchecked(point, "without an accepted token") for point in (READ, WRITE)]
    return [ok(REACHED, f"reached at {url}"), refused, *rest]


async def _list_of_agents(answer: HttpAnswer, url: str, shown: str) -> list[Finding]:
    """Accept only a list of agents as Weav's answer: any server can say 200."""
    if isinstance(await page_of_answer(AGENTS, 1, 1, answer), LookUpFailed):
        text = f"what answers at {url} is not Weav's API: it shows no list of agents"
        return _unreached(failed(REACHED, text, _ADDRESS))
    return [
        ok(REACHED, f"reached at {url}"),
        ok(TOKEN, f"{shown} is accepted"),
        ok(READ, "the token may read (external-api:read)"),
        note(WRITE, _ONLY_A_WRITE),
    ]


def _unreached(first: Finding) -> list[Finding]:
    return [first, *(unchecked(point, "without Weav's answer") for point in (TOKEN, READ, WRITE))]
