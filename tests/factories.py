"""Makes rows for tests, each complete and as small as can be."""

import json
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.declarations import LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from accounts.models import Subject, User
from accounts.services.identity import subject_ensure
from chatbot_site.lib.ids import uuid7
from conversations.models import (
    Bot,
    Conversation,
    Entity,
    EntityValue,
    Event,
    Feedback,
    Intent,
    Message,
    OutOfScopeExample,
    Phrase,
    Release,
    Reply,
    ReplyButton,
    ReplyChoice,
    Turn,
)

roles_make = import_module("conversations.migrations.0002_roles").roles_make
PASSWORD = "correct horse battery staple"


def group_of(role: str) -> Group:
    """The role with its permissions; made again where an emptied database has lost it."""
    if not Group.objects.filter(name=role, permissions__isnull=False).exists():
        roles_make(apps)
    return Group.objects.get(name=role)


class UserFactory(DjangoModelFactory[User]):
    """An account; `role` puts it into that group and lets it enter the admin."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence("person{}@example.org".format)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        role = fields.pop("role", "")
        password = fields.pop("password", PASSWORD)
        if role:
            fields.setdefault("is_staff", True)
        user = model_class.objects.create_user(password=password, **fields)
        if role:
            user.groups.add(group_of(role))
        return user


class SubjectFactory(DjangoModelFactory[Subject]):
    """A person with a key, signed in or not."""

    class Meta:
        model = Subject

    @classmethod
    def _create(cls, model_class: type[Subject], *args: Any, **fields: Any) -> Subject:
        return subject_ensure(fields.pop("id", None) or uuid7())


class BotFactory(DjangoModelFactory[Bot]):
    class Meta:
        model = Bot

    slug = Sequence("bot-{}".format)
    name = Sequence("Bot {}".format)
    greeting = "Hello."
    languages = LazyFunction(lambda: ["en"])


class IntentFactory(DjangoModelFactory[Intent]):
    class Meta:
        model = Intent

    bot = SubFactory(BotFactory)
    name = Sequence("intent_{}".format)
    title = Sequence("Intent {}".format)


class PhraseFactory(DjangoModelFactory[Phrase]):
    class Meta:
        model = Phrase

    intent = SubFactory(IntentFactory)
    language = "en"
    text = Sequence("phrase number {}".format)


class OutOfScopeExampleFactory(DjangoModelFactory[OutOfScopeExample]):
    class Meta:
        model = OutOfScopeExample

    bot = SubFactory(BotFactory)
    language = "en"
    text = Sequence("none of our business {}".format)


class EntityFactory(DjangoModelFactory[Entity]):
    class Meta:
        model = Entity

    bot = SubFactory(BotFactory)
    name = Sequence("entity_{}".format)


class EntityValueFactory(DjangoModelFactory[EntityValue]):
    class Meta:
        model = EntityValue

    entity = SubFactory(EntityFactory)
    language = "en"
    value = Sequence("value {}".format)


class ReplyFactory(DjangoModelFactory[Reply]):
    class Meta:
        model = Reply

    intent = SubFactory(IntentFactory)
    text = "We are open from 8 to 18."


class ReplyChoiceFactory(DjangoModelFactory[ReplyChoice]):
    class Meta:
        model = ReplyChoice

    reply = SubFactory(ReplyFactory)
    intent = SubFactory(IntentFactory, bot=SelfAttribute("..reply.intent.bot"))


class ReplyButtonFactory(DjangoModelFactory[ReplyButton]):
    class Meta:
        model = ReplyButton

    reply = SubFactory(ReplyFactory)
    title = "Map"
    url = "https://example.org/map"


class ReleaseFactory(DjangoModelFactory[Release]):
    class Meta:
        model = Release

    bot = SubFactory(BotFactory)
    number = Sequence(lambda count: count + 1)
    content = LazyFunction(dict)


class ConversationFactory(DjangoModelFactory[Conversation]):
    class Meta:
        model = Conversation

    bot = SubFactory(BotFactory)
    subject = SubFactory(SubjectFactory)
    language = "en"


class MessageFactory(DjangoModelFactory[Message]):
    """The next message of its conversation; `text` is what it says."""

    class Meta:
        model = Message

    conversation = SubFactory(ConversationFactory)
    author = Message.Author.USER
    kind = "text"
    client_id = LazyFunction(uuid4)

    @classmethod
    def _create(cls, model_class: type[Message], *args: Any, **fields: Any) -> Message:
        conversation = fields["conversation"]
        text = fields.pop("text", "When are you open?")
        fields.setdefault("body", json.dumps({"text": text}))
        fields.setdefault("seq", conversation.last_seq + 1)
        message = model_class.objects.create(**fields)
        conversation.last_seq = max(conversation.last_seq, message.seq)
        conversation.save(update_fields=["last_seq"])
        return message


class TurnFactory(DjangoModelFactory[Turn]):
    class Meta:
        model = Turn

    message = SubFactory(MessageFactory)
    conversation = SelfAttribute("message.conversation")
    seq = SelfAttribute("message.seq")
    lease_until = LazyFunction(lambda: timezone.now() + timedelta(seconds=20))


class FeedbackFactory(DjangoModelFactory[Feedback]):
    class Meta:
        model = Feedback

    message = SubFactory(MessageFactory, author=Message.Author.BOT, client_id=None)
    value = Feedback.Value.UP


class EventFactory(DjangoModelFactory[Event]):
    class Meta:
        model = Event

    name = "turn.answered"
    bot = SubFactory(BotFactory)
    conversation = LazyFunction(uuid4)
