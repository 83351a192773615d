"""The embedded engine as an NLU provider."""

from dataclasses import dataclass
from typing import Final

from conversations.bot.nlu.base import Query
from conversations.bot.nlu.encoder import Encoder
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.types import Understanding

NAME: Final = "local"


@dataclass(frozen=True, slots=True)
class LocalNlu:
    """Understands with a model trained from the bot's own phrases; nothing leaves the process."""

    model: LocalModel
    encoder: Encoder | None = None

    @property
    def name(self) -> str:
        return NAME

    @property
    def languages(self) -> frozenset[str] | None:
        return None

    @property
    def sends_text_away(self) -> bool:
        return False

    def understand(self, query: Query) -> Understanding:
        """Identify the language, then the intent; never raises."""
        language = self._language(query)
        model = self.model if self.encoder is None else self.model.with_encoder(self.encoder)
        found = model.predict(query.text, language)
        return Understanding(language, found.ranking, found.scope, found.in_scope, NAME)

    def _language(self, query: Query) -> str:
        """The language of the text if the bot speaks it, else the conversation's."""
        known = self.model.language_model
        if known is None:
            return query.language
        found = known.identify(query.text, query.language).language
        return found if not query.languages or found in query.languages else query.language
