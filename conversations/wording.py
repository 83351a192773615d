"""What a bot says on its own account, in each tone and language."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from chatbot_site.lib.markdown import html_of, plain_of
from conversations.bot.dialogue import NONE_PAYLOAD
from conversations.bot.types import Content, LocalContent, Pattern, Thresholds, Wording
from conversations.models import Bot

SEPARATOR: Final = "\n---\n"
"""A line of three dashes stands between two wordings."""

_DASHES = re.compile(r"^---[ \t]*$", re.MULTILINE)

Wordings = tuple[Promise | str, ...]

_NEUTRAL: Final[Mapping[Pattern, Wordings]] = {
    Pattern.FALLBACK: (
        _("I did not understand that. Could you say it in other words?"),
        _("That is not clear to me. Could you put it differently?"),
    ),
    Pattern.FALLBACK_AGAIN: (_("I still did not understand. These are things I can help with:"),),
    Pattern.CLARIFY: (
        _("Which of these do you mean?"),
        _("I can think of two answers. Which one fits?"),
    ),
    Pattern.NONE_OF_THESE: (_("Please tell me in other words what you need."),),
    Pattern.OFFER_PERSON: (_("I can't help with that. A person can:"),),
    Pattern.APOLOGY: (
        _("Sorry, something went wrong on my side and I can't answer right now. Please try again."),
    ),
    Pattern.EMPTY_INTENT: (_("I understood you, but I have no answer to that yet."),),
}
_WARM: Final[Mapping[Pattern, Wordings]] = {
    Pattern.FALLBACK: (
        _("I'm afraid I didn't get that. Could you say it in other words?"),
        _("Sorry, I'm not sure what you mean. Could you put it differently?"),
    ),
    Pattern.FALLBACK_AGAIN: (_("I'm sorry, I still don't get it. Here is what I can help with:"),),
    Pattern.CLARIFY: (
        _("Let me make sure I understand. Which of these do you mean?"),
        _("I can think of two answers. Which one fits?"),
    ),
    Pattern.NONE_OF_THESE: (_("All right. Please tell me in other words what you need."),),
    Pattern.OFFER_PERSON: (_("I'm sorry that I can't help with that. A person surely can:"),),
    Pattern.EMPTY_INTENT: (_("I understand you, but I don't have an answer to that yet, sorry."),),
}
_FORMAL: Final[Mapping[Pattern, Wordings]] = {
    Pattern.FALLBACK: (
        pgettext_lazy(
            "formal", "I was unable to understand your message. Could you please rephrase it?"
        ),
    ),
    Pattern.FALLBACK_AGAIN: (
        pgettext_lazy(
            "formal",
            "I am unable to understand your message. I can assist you with the following:",
        ),
    ),
    Pattern.CLARIFY: (
        pgettext_lazy("formal", "Could you please confirm which of these you are referring to?"),
    ),
    Pattern.NONE_OF_THESE: (
        pgettext_lazy("formal", "Please describe your request in other words."),
    ),
    Pattern.OFFER_PERSON: (
        pgettext_lazy("formal", "I am unable to assist with this request. A member of staff can:"),
    ),
    Pattern.APOLOGY: (
        pgettext_lazy(
            "formal", "I apologise. I am unable to answer at the moment. Please try again later."
        ),
    ),
    Pattern.EMPTY_INTENT: (
        pgettext_lazy("formal", "I understand your request but have no answer to it yet."),
    ),
}
_BY_TONE: Final[Mapping[str, Mapping[Pattern, Wordings]]] = {
    Bot.Tone.NEUTRAL: _NEUTRAL,
    Bot.Tone.WARM: {**_NEUTRAL, **_WARM},
    Bot.Tone.FORMAL: {**_NEUTRAL, **_FORMAL},
}


def wordings_of(text: str) -> tuple[Wording, ...]:
    """The alternatives of a text, which stand between lines of three dashes."""
    parts = (part.strip() for part in _DASHES.split(text))
    return tuple(Wording(plain_of(part), html_of(part)) for part in parts if part)


def pattern_text(pattern: Pattern, tone: str, language: str) -> str:
    """The default wordings of a pattern in this tone and language, `SEPARATOR` between them."""
    with translation.override(language):
        return SEPARATOR.join(str(line) for line in _BY_TONE.get(tone, _NEUTRAL)[pattern])


def none_of_these(language: str) -> str:
    """The caption of the chip that refuses what was offered."""
    with translation.override(language):
        return gettext("None of these")


def default_greeting(name: str, language: str) -> str:
    """First words for a bot that was given none."""
    with translation.override(language):
        return gettext("Hello, I'm %(name)s, an automated assistant. How can I help?") % {
            "name": name
        }


@cache
def empty_content() -> Content:
    """What a bot without a live release can say: nothing but that it is sorry."""
    codes = tuple(code for code, _name in settings.LANGUAGES)
    return Content(
        bot="",
        release=0,
        languages=codes,
        default_language=codes[0],
        colour="#0f6e6a",
        avatar="",
        thresholds=Thresholds(),
        urgent=frozenset(),
        local={code: _empty(code) for code in codes},
    )


def _empty(language: str) -> LocalContent:
    texts = {pattern: pattern_text(pattern, Bot.Tone.NEUTRAL, language) for pattern in Pattern}
    return LocalContent(
        language=language,
        name=settings.SITE_NAME,
        summary="",
        greeting=Wording("", ""),
        starters=(),
        titles={NONE_PAYLOAD: none_of_these(language)},
        replies={},
        patterns={pattern: wordings_of(text) for pattern, text in texts.items()},
    )
