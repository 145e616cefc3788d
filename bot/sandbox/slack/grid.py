"""Enterprise Grid: organisations, and what they add to payloads and answers."""

from dataclasses import dataclass

from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An organisation and its workspaces.

    `names_teams`: in interactions, `user.team_id` is a workspace of the user, any one if they are
    in several (https://github.com/slackapi/bolt-js/issues/1875). Otherwise it is the organisation:
    https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload
    `installed`: the app's token belongs to the organisation, not to a workspace:
    https://docs.slack.dev/enterprise/organization-ready-apps
    """

    id: str
    name: str
    team_ids: frozenset[str]
    names_teams: bool = False
    installed: bool = False

    def as_json(self) -> Json:
        """Return the `enterprise` of a payload."""
        return {"id": self.id, "name": self.name}

    def of_team(self) -> Json:
        """Return the additional members of a `team` or a slash command."""
        return {"enterprise_id": self.id, "enterprise_name": self.name}

    def of_user(self, slack_user_id: str, team_id: str) -> Json:
        """Return what users.info adds: https://docs.slack.dev/reference/objects/user-object."""
        shown = {"id": slack_user_id, "is_admin": False, "is_owner": False, "teams": [team_id]}
        return {"enterprise_user": shown | self.of_team()}
