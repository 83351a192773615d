"""The websocket door, spoken to as a client would, on the real path of a message."""

import time

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import Subject, User
from conversations.models import Bot, Conversation, Event, Feedback, Message, Turn
from conversations.routing import websocket_application
from tests.conversations.sockets import account_session, connected, visitor_session
from tests.conversations.talking import talking_bot
from tests.conversations.threads import run

CONVERSATION = "0192f6a0-1111-7abc-8def-001122334455"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bot() -> Bot:
    return talking_bot()


async def test_a_message_is_acknowledged_and_answered(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        assert await run(Conversation.objects.count) == 0
        client_id = await client.send(conv, "when are you open?")

        ack = await client.hear("ack")
        own = await client.hear("event")
        answer = await client.hear("event")

    assert (ack["id"], ack["seq"], ack["dup"]) == (client_id, 1, False)
    assert (own["seq"], own["author"], own["id"]) == (1, "user", client_id)
    assert own["body"] == {"text": "when are you open?"}
    assert (answer["seq"], answer["author"], answer["generated_by"]) == (2, "bot", "bot")
    assert answer["body"]["text"] == "We are open from 8 to 18."
    turn = await run(Turn.objects.get)
    assert (turn.state, turn.outcome, turn.intent) == ("done", "answered", "opening_hours")
    event = await run(Event.objects.get)
    assert event.name == "message.answered"


async def test_the_text_is_not_in_the_table(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        await client.send(conv, "when are you open?")
        await client.hear("ack")
        await client.hear("event")

    raw = await run(lambda: Message.objects.filter(seq=1).values_list("body", flat=True).get())
    assert b"open" not in bytes(raw)


async def test_a_repeated_id_is_stored_once(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        client_id = await client.send(conv, "parking")
        first = await client.hear("ack")
        await client.send(conv, "parking", client_id)
        again = await client.hear("ack")
        await client.send(conv, "something else", client_id)
        conflict = await client.hear("error")

    assert again == {**first, "dup": True}
    assert (conflict["code"], conflict["ref"], conflict["retry"]) == (
        "id_conflict",
        client_id,
        False,
    )
    assert await run(Message.objects.filter(author="user").count) == 1


async def test_messages_sent_at_once_are_answered_in_order(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        for text in ("parking", "when are you open", "a human please"):
            await client.send(conv, text)
        events = [await client.hear("event") for _ in range(6)]

    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    answers = [event["body"]["text"] for event in events if event["author"] == "bot"]
    assert answers == [
        "You can park behind the house.",
        "We are open from 8 to 18.",
        "Call us on 555 0100.",
    ]


async def test_resume_sends_what_was_missed_then_ready(bot: Bot) -> None:
    session = await run(visitor_session)
    async with connected(session) as client:
        conv = await client.open()
        await client.send(conv, "parking")
        while (await client.hear("event"))["seq"] < 2:
            pass
    resume = ({"conv": conv, "epoch": 1, "after": 1},)
    async with connected(session, resume=resume) as again:
        event = await again.hear()
        ready = await again.hear()

    assert (event["t"], event["seq"], event["author"]) == ("event", 2, "bot")
    assert ready == {"t": "ready", "conv": conv, "epoch": 1, "seq": 2}


async def test_resume_of_a_promised_conversation_is_ready_at_once(bot: Bot) -> None:
    session = await run(visitor_session)
    async with connected(session) as client:
        conv = await client.open()
    async with connected(session, resume=({"conv": conv, "epoch": 1, "after": 0},)) as again:
        assert await again.hear() == {"t": "ready", "conv": conv, "epoch": 1, "seq": 0}
        await again.send(conv, "parking")
        assert (await again.hear("ack"))["seq"] == 1


async def test_resume_with_an_old_epoch_is_reset(bot: Bot) -> None:
    session = await run(visitor_session)
    async with connected(session) as client:
        conv = await client.open()
        await client.send(conv, "parking")
        while (await client.hear("event"))["seq"] < 2:
            pass
    await run(lambda: Conversation.objects.update(epoch=2))
    async with connected(session, resume=({"conv": conv, "epoch": 1, "after": 2},)) as again:
        reset = await again.hear()
        ready = await again.hear()

    expected = {"t": "reset", "conv": conv, "epoch": 2, "first": 1, "last": 2, "why": "erased"}
    assert reset == expected
    assert ready["t"] == "ready"


async def test_two_tabs_see_the_same_order(bot: Bot) -> None:
    session = await run(visitor_session)
    async with connected(session) as one:
        conv = await one.open()
        resume = ({"conv": conv, "epoch": 1, "after": 0},)
        async with connected(session, resume=resume) as two:
            await two.hear("ready")
            await one.send(conv, "parking")
            seen_by_one = [await one.hear("event") for _ in range(2)]
            seen_by_two = [await two.hear("event") for _ in range(2)]
    assert seen_by_one == seen_by_two


async def test_a_foreign_conversation_is_not_found(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as owner:
        conv = await owner.open()
        await owner.send(conv, "parking")
        await owner.hear("ack")
        async with connected(await run(visitor_session)) as stranger:
            await stranger.send(conv, "let me in")
            send = await stranger.hear()
            await stranger.say(t="history", conv=conv, before=10, limit=10)
            history = await stranger.hear()
            await stranger.say(t="feedback", conv=conv, seq=2, value="up")
            feedback = await stranger.hear()
    assert [frame["code"] for frame in (send, history, feedback)] == ["not_found"] * 3
    assert await run(Message.objects.filter(author="user").count) == 1
    assert await run(Feedback.objects.count) == 0


async def test_feedback_on_a_bot_message_is_kept(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        await client.send(conv, "parking")
        while (await client.hear("event"))["seq"] < 2:
            pass
        await client.say(t="feedback", conv=conv, seq=2, value="down", reason="wrong", comment="no")
        await client.say(t="feedback", conv=conv, seq=1, value="up")
        refused = await client.hear("error")
    feedback = await run(lambda: Feedback.objects.select_related("message__conversation").get())
    assert (feedback.value, feedback.reason) == ("down", "wrong")
    assert await run(lambda: feedback.comment) == "no"
    assert refused["code"] == "not_found"


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("not json", "bad_frame", None),
        ("[]", "bad_frame", "t"),
        ('{"t": 5}', "bad_frame", "t"),
        ('{"t": "dance"}', "unknown_type", "t"),
        ("[" * 30_000, "bad_frame", None),
        ('{"t":"ping","n":' + "9" * 10_000 + "}", "bad_frame", None),
        ('{"t":"ping","n":NaN}', "bad_frame", None),
        ('{"t":"ping","n":true}', "bad_frame", "n"),
        ('{"t":"ping","a":[[[[[[[[[]]]]]]]]]}', "bad_frame", None),
        ('{"t":"open","bot":"nobody"}', "not_found", "bot"),
        ('{"t":"send","conv":"x","id":"y","body":"z"}', "bad_frame", "conv"),
        (
            '{"t":"history","conv":"0192f6a0-1111-7abc-8def-001122334455","before":5,"limit":0}',
            "bad_frame",
            "limit",
        ),
        (
            '{"t":"history","conv":"0192f6a0-1111-7abc-8def-001122334455","before":5,"limit":101}',
            "bad_frame",
            "limit",
        ),
        ('{"t":"recv","conv":"0192f6a0-1111-7abc-8def-001122334455","seq":-1}', "bad_frame", "seq"),
        ("x" * 40_000, "too_long", None),
    ],
)
async def test_a_bad_frame_gets_an_error_and_the_socket_lives(
    bot: Bot, text: str, code: str, field: str | None
) -> None:
    async with connected(await run(visitor_session)) as client:
        await client.socket.send_to(text_data=text.replace("%s", CONVERSATION))
        error = await client.hear()
        await client.say(t="ping", n=7)
        pong = await client.hear()
    assert (error["t"], error["code"]) == ("error", code)
    if field is not None:
        assert error["field"] == field
    assert pong == {"t": "pong", "n": 7}


async def test_a_binary_frame_gets_an_error(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        await client.socket.send_to(bytes_data=b"\xff\x00")
        assert (await client.hear())["code"] == "bad_frame"


@pytest.mark.parametrize("body", ["", "  \n", "\u200b", "a\x00b", "\ud800"])
async def test_text_that_cannot_be_stored_is_refused(bot: Bot, body: str) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        client_id = await client.send(conv, body)
        error = await client.hear("error")
    assert (error["code"], error["ref"]) == ("bad_text", client_id)
    assert await run(Conversation.objects.count) == 0


async def test_six_bad_frames_in_a_minute_close_with_4400(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        for _ in range(6):
            await client.socket.send_to(text_data="{")
        assert await client.closed_with() == 4400


async def test_too_many_frames_at_once_are_refused_with_the_time_to_wait(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        for n in range(12):
            await client.say(t="ping", n=n)
        error = await client.hear("error")
    assert (error["code"], error["retry"]) == ("rate_limited", True)
    assert 0 < error["after_ms"] <= 200


async def test_the_first_frame_must_be_hello(bot: Bot) -> None:
    async with connected(await run(visitor_session), hello=False) as client:
        await client.say(t="ping", n=1)
        assert (await client.hear())["code"] == "bad_frame"


async def test_another_version_closes_with_4406(bot: Bot) -> None:
    async with connected(await run(visitor_session), hello=False) as client:
        await client.say(t="hello", v=2)
        assert await client.closed_with() == 4406


@pytest.mark.parametrize(
    "origin",
    [
        None,
        b"null",
        b"http://evil.example",
        b"https://testserver:8000",
        b"http://testserver:8001",
        b"http://testserver",
        b"http://testserver:8000.evil.example",
        b"http://sub.testserver:8000",
    ],
)
async def test_an_unlisted_origin_is_refused_at_the_handshake(
    bot: Bot, origin: bytes | None
) -> None:
    headers = [] if origin is None else [(b"origin", origin)]
    socket = WebsocketCommunicator(
        websocket_application, "/ws/chat/", headers=headers, subprotocols=["chat.v1"]
    )
    accepted, _code = await socket.connect()
    assert accepted is False


async def test_without_a_session_the_socket_closes_with_4401(bot: Bot) -> None:
    async with connected("nothing", hello=False) as client:
        assert await client.closed_with() == 4401


async def test_after_logout_nothing_is_accepted(bot: Bot, alice: User) -> None:
    session = await run(account_session, alice)
    async with connected(session) as client:
        conv = await client.open()
        await run(lambda: SessionStore(session).delete())
        await run(_age_the_check)
        await client.send(conv, "parking")
        assert await client.closed_with() == 4401
    assert await run(Message.objects.count) == 0


def _age_the_check() -> None:
    time.sleep(5.1)


async def test_a_signed_in_person_has_one_subject(bot: Bot, alice: User) -> None:
    session = await run(account_session, alice)
    async with connected(session) as client:
        conv = await client.open()
        await client.send(conv, "parking")
        await client.hear("ack")
    conversation = await run(Conversation.objects.get)
    user = await run(lambda: User.objects.get(pk=alice.pk))
    assert conversation.subject_id == user.subject_id
    assert await run(Subject.objects.count) == 1


async def test_history_reads_back(bot: Bot) -> None:
    async with connected(await run(visitor_session)) as client:
        conv = await client.open()
        for text in ("parking", "when are you open"):
            await client.send(conv, text)
        while (await client.hear("event"))["seq"] < 4:
            pass
        await client.say(t="history", conv=conv, before=4, limit=2)
        events = [await client.hear("event") for _ in range(2)]
    assert [event["seq"] for event in events] == [2, 3]
