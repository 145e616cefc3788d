"""From the command to the card, over HTTP and Socket Mode."""

from bot.slack import ids
from tests.harness import CONVERSATION_URL, JANE, Harness, text_on


async def test_a_submitted_form_opens_a_conversation_and_posts_its_card(
    any_harness: Harness,
) -> None:
    await any_harness.fill_in(subject="Export hangs", priority="urgent")

    answer = await any_harness.ann.submit()

    assert (answer.status, answer.trouble) == (200, "")
    card = await any_harness.card()
    [conversation] = any_harness.weav.conversations
    assert conversation["subject"] == "Export hangs"
    for part in ("Export hangs", conversation["id"], JANE, "Urgent", "Email", "<@U0ANN>"):
        assert part in text_on(card)
        assert part in card.text
    assert CONVERSATION_URL.format(id=conversation["id"]) in str(card.blocks)
    assert any_harness.slack.open_views("U0ANN") == []


async def test_the_request_has_exactly_what_was_chosen(any_harness: Harness) -> None:
    await any_harness.fill_in(subject="  Two\nlines ", customer_id=JANE.upper().replace("-", ""))

    await any_harness.ann.submit()

    await any_harness.card()
    [request] = any_harness.weav.creations
    assert request.json == {"channel": "email", "customer_id": JANE, "subject": "Two lines"}
    assert request.headers["authorization"] == "Bearer weav-sandbox-token"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("weav-slack/")


async def test_words_after_the_command_fill_in_the_form(any_harness: Harness) -> None:
    await any_harness.ann.command(f"urgent chat {JANE} Export hangs")
    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    await any_harness.ann.submit()

    await any_harness.card()
    assert any_harness.weav.creations[0].json == {
        "channel": "chat",
        "customer_id": JANE,
        "subject": "Export hangs",
        "priority": "urgent",
    }


async def test_a_message_becomes_the_subject_and_gets_the_card_in_its_thread(
    any_harness: Harness,
) -> None:
    message_ts = any_harness.ann.say(
        "The *export* hangs, see <https://x.example|this>", "C0SUPPORT"
    )

    await any_harness.ann.message_shortcut(ids.MESSAGE_SHORTCUT, message_ts)
    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))
    await any_harness.ann.submit({"channel": "email", "customer_id": JANE})

    card = await any_harness.card()
    assert card.thread_ts == message_ts
    assert any_harness.weav.conversations[0]["subject"] == "The export hangs, see this"
    permalink = f"https://weav-sandbox.slack.com/archives/C0SUPPORT/p{message_ts.replace('.', '')}"
    assert permalink in str(card.blocks)
    assert not any_harness.slack.calls_of("chat.getPermalink")


async def test_a_form_from_the_global_shortcut_posts_where_its_user_is(harness: Harness) -> None:
    await harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT, "G0TRIAGE")
    await harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    await harness.ann.submit({"channel": "chat", "customer_id": JANE})

    assert "with the shortcut" in text_on(await harness.card("G0TRIAGE"))


async def test_a_form_from_the_global_shortcut_asks_for_a_channel_if_there_is_none(
    any_harness: Harness,
) -> None:
    await any_harness.ann.global_shortcut(ids.GLOBAL_SHORTCUT, "")
    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    await any_harness.ann.submit({"channel": "chat", "customer_id": JANE, "post_to": "G0TRIAGE"})

    card = await any_harness.card("G0TRIAGE")
    assert "with the shortcut" in text_on(card)


async def test_all_errors_are_under_their_fields_and_weav_is_not_called(
    any_harness: Harness,
) -> None:
    await any_harness.fill_in(assignee_type="user", subject="x" * 501)
    asked = len(any_harness.weav.requests)
    delivery = any_harness.ann.submission_delivery()
    # No select of ours offers this: an older form does, or a caller without one.
    delivery.payload["view"]["state"]["values"]["customer_id"]["customer_id"] = {
        "type": "plain_text_input",
        "value": "jane",
    }

    answer = await any_harness.ann.send(delivery)

    assert answer.errors.keys() == {"customer_id", "assignee_id", "subject"}
    assert "3c90c3cc-" in answer.errors["customer_id"]
    assert len(any_harness.weav.requests) == asked
    assert any_harness.ann.view.is_open


async def test_views_open_is_the_first_call_to_slack(any_harness: Harness) -> None:
    await any_harness.ann.command("Export hangs")
    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    methods = [call.method for call in any_harness.slack.calls]
    assert [name for name in methods if name != "apps.connections.open"] == ["views.open"]
    assert any_harness.weav.requests == []


async def test_a_subject_may_contain_the_word_payload(any_harness: Harness) -> None:
    await any_harness.ann.command("payload is empty")

    await any_harness.slack.until(lambda slack: slack.top_view("U0ANN"))

    assert any_harness.ann.view.values["subject"]["subject"]["value"] == "payload is empty"
