"""Who may: asked once for everything that comes in, before any listener sees it."""

from dataclasses import replace
from typing import Final

from slack_bolt import BoltResponse

from bot.desk import Speaker
from bot.figures import Figures
from bot.logs import get_logger
from bot.slack.access import Access, Barred, Visitor, barred
from bot.slack.installation import Installation
from bot.slack.lookups import Lookups
from bot.slack.offers import options
from bot.slack.people import UNTOLD, USERS_READ, Member, Standing
from bot.slack.refusals import (
    post_to_message,
    refusal_message,
    refusal_offer,
    refusal_text,
    refusal_under_field,
)
from handlers.visits import Visit

log = get_logger("weav_slack.guard")

# Seconds of Slack's 3 that a submission, an action or an option request may wait for users.info.
LOOK_UP_WITHIN: Final = 0.5
# A form is never waited for; what Slack says of the person later is told later.
TELL_WITHIN: Final = 8.0


class Guard:
    def __init__(
        self,
        access: Access,
        installation: Installation,
        people: Lookups[Member],
        speaker: Speaker,
        figures: Figures,
    ) -> None:
        self._access = access
        self._installation = installation
        self._people = people
        self._speaker = speaker
        self._figures = figures

    async def refusal(self, visit: Visit) -> BoltResponse | None:
        """Answer whoever is not let in; None: come in."""
        why = await self._why_not(visit)
        return None if why is None else self._turned_away(visit, why)

    async def lets_in(self, visit: Visit) -> bool:
        """Judge again whoever opened a form, now that there is time to ask Slack who they are."""
        return await self._why_not(replace(visit, shows_nothing=False)) is None

    def knows(self, visit: Visit) -> bool:
        """Whether what is known already lets in whoever opens a form: then it may name others."""
        visitor, unasked = self._unasked(visit)
        if not self._is_worth_asking(visitor, unasked):
            return unasked is None
        member = self._people.known(visit.slack_user_id)
        return member is not None and barred(self._access, self._visitor(visit, member)) is None

    async def _why_not(self, visit: Visit) -> Barred | None:
        visitor, unasked = self._unasked(visit)
        if not self._is_worth_asking(visitor, unasked):
            return unasked
        if visit.shows_nothing and unasked is None:
            return self._without_waiting(visit)
        member = await self._people.find(visit.slack_user_id, LOOK_UP_WITHIN)
        if member is None:
            return Barred.NOT_KNOWN
        return barred(self._access, self._visitor(visit, member))

    def _unasked(self, visit: Visit) -> tuple[Visitor, Barred | None]:
        """Judge by the payload alone."""
        visitor = self._visitor(visit, UNTOLD)
        unasked = barred(self._access, visitor)
        if visit.shows_nothing and unasked is Barred.TEAM and not visitor.team_id:
            unasked = None  # a message shortcut need not name it, and its submission does
        return visitor, unasked

    def _is_worth_asking(self, visitor: Visitor, unasked: Barred | None) -> bool:
        """Whether users.info might change what the payload says.

        On Enterprise Grid that names one of somebody's workspaces, which may be a sister of ours,
        or their organisation, which tells of no workspace.
        """
        if self._installation.may(USERS_READ) is False:
            return False
        match unasked:
            case None:
                return not self._access.guests
            case Barred.EXTERNAL:
                return bool(visitor.home_enterprise) and not visitor.enterprise_id
            case Barred.TEAM:
                return bool(visitor.home_enterprise)
            case _:
                return False

    def _without_waiting(self, visit: Visit) -> Barred | None:
        """Judge by what is known: a form shows nothing, and its submission is looked at again.

        To whom nothing is known of, it shows nothing of what the bot knows: see `knows`.
        """
        member = self._people.known(visit.slack_user_id)
        if member is None:
            if self._installation.may(USERS_READ):
                self._speaker.spawn(
                    self._tell_later(visit), "guard", visit.slack_user_id, visit.response_url
                )
            return None
        self._people.start(visit.slack_user_id)
        return barred(self._access, self._visitor(visit, member))

    async def _tell_later(self, visit: Visit) -> None:
        member = await self._people.find(visit.slack_user_id, TELL_WITHIN)
        why = member and barred(self._access, self._visitor(visit, member))
        if why:
            self._note(visit, why)
            self._tell(visit, why)

    def _visitor(self, visit: Visit, member: Member) -> Visitor:
        known, standing = self._installation, member.standing
        return Visitor(
            slack_user_id=visit.slack_user_id,
            team_id=visit.team_id or member.team_id,
            home=known.team_id or visit.home,
            enterprise_id=visit.enterprise_id or member.enterprise_id,
            home_enterprise=known.enterprise_id if known.team_id else visit.home_enterprise,
            teams=member.teams,
            stranger=standing is Standing.STRANGER,
            guest=None if standing is Standing.UNTOLD else standing is Standing.GUEST,
            slack_channel_id=visit.slack_channel_id,
        )

    def _turned_away(self, visit: Visit, why: Barred) -> BoltResponse:
        """200 in any case, or Slack would show its own error."""
        self._note(visit, why)
        match visit.kind:
            case "command":
                text = refusal_text(why, self._access.admins)
                return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
            case "block_suggestion":
                return BoltResponse(status=200, body={"options": options([refusal_offer(why)])})
            case "view_submission" if visit.block_id:
                if why is not Barred.NOT_KNOWN:
                    self._tell(visit, why)  # with the names that an error cannot show
                errors = {visit.block_id: refusal_under_field(why)}
                body = {"response_action": "errors", "errors": errors}
                return BoltResponse(status=200, body=body)
            case "view_closed":
                return BoltResponse(status=200, body="")
            case _:
                self._tell(visit, why)
                return BoltResponse(status=200, body="")

    def _note(self, visit: Visit, why: Barred) -> None:
        self._figures.refusals.labels(why.value).inc()
        log.info("turned_away", reason=why.value, kind=visit.kind, user=visit.slack_user_id)

    def _tell(self, visit: Visit, why: Barred) -> None:
        message = refusal_message(why, self._access.admins)
        if why is Barred.CHANNEL and visit.kind == "view_submission":
            message = post_to_message(visit.slack_channel_id, self._access.admins)
        self._speaker.tell(message, visit.slack_user_id, visit.response_url)
