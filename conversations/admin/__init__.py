"""The admin, where staff teach the bots: one module per kind of page."""

from conversations.admin import bots, conversations, entities, intents, releases

__all__ = ["bots", "conversations", "entities", "intents", "releases"]
