"""Texts of people at rest: sealed with their own key, in their own place, gone with the key."""

from types import SimpleNamespace

import pytest
from django.core import serializers
from django.db import transaction
from pytest_django.fixtures import Settings

from accounts import crypto
from accounts.crypto import UndecryptableError
from accounts.models import DataKey, Subject
from accounts.services.identity import subject_ensure
from chatbot_site.lib.ids import uuid7
from conversations.models import Conversation, Feedback, Message
from tests.factories import ConversationFactory, FeedbackFactory, MessageFactory

pytestmark = pytest.mark.django_db
SECRET = '{"text": "Ich habe Schmerzen, علي 😀"}'


@pytest.fixture
def message() -> Message:
    """Stored, and its key no longer remembered by this process."""
    made: Message = MessageFactory(body=SECRET)
    crypto.cache.clear()
    return made


def stored(message: Message) -> bytes:
    """What the database holds."""
    return bytes(Message.objects.values_list("body", flat=True).get(pk=message.pk))


def store(message: Message, raw: bytes) -> None:
    assert Message.objects.filter(pk=message.pk).update(body=raw) == 1


def body_of(message: Message) -> str:
    return str(Message.objects.get(pk=message.pk).body)


def test_round_trip(message: Message) -> None:
    assert body_of(message) == SECRET
    raw = stored(message)
    assert b"Schmerzen" not in raw
    assert raw[:1] == b"\x01"
    assert int.from_bytes(raw[1:9]) == message.conversation.subject.key.key_id


def test_saving_again_seals_anew_and_reads_the_same(message: Message) -> None:
    before = stored(message)
    found = Message.objects.get(pk=message.pk)
    found.save()
    assert stored(message) == before, "an unread text is not touched"
    assert found.body == SECRET
    found.save()
    assert stored(message) != before
    assert body_of(message) == SECRET


def test_every_person_has_a_key_of_their_own(message: Message) -> None:
    other = MessageFactory(body=SECRET)
    assert stored(message)[1:9] != stored(other)[1:9]
    assert DataKey.objects.count() == 2


def test_many_at_once(message: Message) -> None:
    rows = [
        Message(
            conversation=message.conversation, seq=seq, author="bot", kind="text", body=f"t{seq}"
        )
        for seq in (2, 3)
    ]
    Message.objects.bulk_create(rows)
    found = Message.objects.filter(seq__gt=1).order_by("seq")
    assert [row.body for row in found] == ["t2", "t3"]


def test_a_text_moved_to_another_row_does_not_open(message: Message) -> None:
    other = MessageFactory(conversation=message.conversation, body="{}")
    store(other, stored(message))
    with pytest.raises(UndecryptableError) as refusal:
        body_of(other)
    assert not refusal.value.erased
    assert body_of(message) == SECRET


def test_a_text_moved_to_another_person_does_not_open(message: Message) -> None:
    stranger = ConversationFactory()
    Message.objects.filter(pk=message.pk).update(conversation=stranger)
    assert body_of(message) == SECRET, "the seal names its person; ownership is checked elsewhere"
    other = MessageFactory(conversation=stranger, seq=2)
    store(other, stored(message))
    with pytest.raises(UndecryptableError):
        body_of(other)


@pytest.mark.parametrize("position", [0, 9, 21, -1], ids=["version", "nonce", "text", "tag"])
def test_a_flipped_bit_does_not_open(message: Message, position: int) -> None:
    raw = bytearray(stored(message))
    raw[position] ^= 1
    store(message, bytes(raw))
    with pytest.raises(UndecryptableError) as refusal:
        body_of(message)
    assert not refusal.value.erased


def test_another_master_key_does_not_open(message: Message, settings: Settings) -> None:
    settings.MASTER_KEY = "n" * 64
    with pytest.raises(UndecryptableError) as refusal:
        body_of(message)
    assert not refusal.value.erased


def test_a_destroyed_key_takes_every_text_along(message: Message) -> None:
    DataKey.objects.filter(subject=message.conversation.subject).delete()
    with pytest.raises(UndecryptableError) as refusal:
        body_of(message)
    assert refusal.value.erased
    with pytest.raises(UndecryptableError) as refusal, transaction.atomic():
        MessageFactory(conversation=message.conversation)
    assert refusal.value.erased
    assert Message.objects.count() == 1


def test_keys_are_forgotten_after_five_minutes(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = SimpleNamespace(value=1000.0)
    monkeypatch.setattr(crypto, "time", SimpleNamespace(monotonic=lambda: now.value))
    assert body_of(message) == SECRET
    DataKey.objects.all().delete()
    now.value += crypto.CACHE_SECONDS - 1
    assert body_of(message) == SECRET
    now.value += 2
    with pytest.raises(UndecryptableError):
        body_of(message)


def test_reading_a_page_of_messages_asks_for_the_key_once(
    message: Message, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    MessageFactory.create_batch(5, conversation=message.conversation)
    crypto.cache.clear()
    with django_assert_num_queries(2):  # type: ignore[operator]  # pytest-django names no type
        found = Message.objects.filter(conversation=message.conversation)
        assert len([row.body for row in found]) == 6


def test_the_cache_is_bounded(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "CACHE_ENTRIES", 2)
    for _ in range(4):
        crypto.key_of_subject(subject_ensure(uuid7()).pk)
    assert len(crypto.cache._entries) == 4, "two people, each by key and by person"


def test_texts_are_neither_searched_nor_updated_in_place(message: Message) -> None:
    with pytest.raises(TypeError):
        Message.objects.filter(body=SECRET).first()
    with pytest.raises(TypeError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(body="open text")
    assert body_of(message) == SECRET


def test_a_backup_in_words_holds_no_text(message: Message) -> None:
    dumped = serializers.serialize("json", Message.objects.all())
    assert "Schmerzen" not in dumped
    assert '"body": ""' in dumped


def test_nothing_written_stays_nothing() -> None:
    given = FeedbackFactory()
    assert Feedback.objects.get(pk=given.pk).comment is None
    given.comment = "Too short."
    given.save()
    assert Feedback.objects.get(pk=given.pk).comment == "Too short."


def test_erasing_the_person_leaves_nothing_behind(message: Message) -> None:
    subject = message.conversation.subject
    subject.delete()
    assert (Subject.objects.count(), DataKey.objects.count()) == (0, 0)
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
