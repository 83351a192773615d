"""Builds the NLU providers a bot is configured with, in the order they are asked."""

import logging
from collections.abc import Sequence

from conversations.bot.nlu.base import NluProvider
from conversations.bot.nlu.chain import Chain
from conversations.bot.nlu.encoder import Encoder
from conversations.bot.nlu.local.model import LocalModel
from conversations.bot.nlu.local.provider import NAME as LOCAL
from conversations.bot.nlu.local.provider import LocalNlu

log = logging.getLogger(__name__)


def chain_of(
    names: Sequence[str], model: LocalModel, encoder: Encoder | None, *, sure_from: float
) -> Chain:
    """The chain of these providers; the embedded engine is always in it, first unless placed.

    An unknown name is left out and logged: a bot must go on talking when a provider is removed.
    """
    order = list(dict.fromkeys(names if LOCAL in names else (LOCAL, *names)))
    built: list[NluProvider] = []
    for name in order:
        if name == LOCAL:
            built.append(LocalNlu(model, encoder))
        else:
            log.warning("There is no NLU provider %r; it is left out.", name)
    return Chain(tuple(built), sure_from)
