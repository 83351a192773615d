"""The tables of this app, split by how long they live."""

from conversations.models.content import (
    Bot,
    Entity,
    EntityValue,
    Intent,
    OutOfScopeExample,
    Phrase,
    Reply,
    ReplyButton,
    ReplyChoice,
)
from conversations.models.dialogue import Conversation, Event, Feedback, Message, Turn
from conversations.models.release import Release, ReleaseArtefact

__all__ = [
    "Bot",
    "Conversation",
    "Entity",
    "EntityValue",
    "Event",
    "Feedback",
    "Intent",
    "Message",
    "OutOfScopeExample",
    "Phrase",
    "Release",
    "ReleaseArtefact",
    "Reply",
    "ReplyButton",
    "ReplyChoice",
    "Turn",
]
