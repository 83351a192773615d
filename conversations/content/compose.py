"""From a snapshot to what talks and what is trained: `Content` and training examples.

Markdown becomes HTML here, once per release; gaps of a language are filled from the bot's main
one, then from any. Intents that are not in use are left out of both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.core.files.storage import default_storage

from chatbot_site.lib.markdown import html_of, plain_of
from conversations.bot.dialogue import INTENT_PAYLOAD, NONE_PAYLOAD
from conversations.bot.types import (
    OUT_OF_SCOPE,
    Choice,
    Content,
    Example,
    LinkButton,
    LocalContent,
    Pattern,
    ReplyTemplate,
    Thresholds,
    Wording,
)
from conversations.content.snapshot import Json
from conversations.wording import default_greeting, none_of_these, pattern_text, wordings_of

MAX_STARTERS: Final = 4
_MARK = re.compile(r"\[([^\[\]]+)\]\([a-z][a-z0-9_]*\)")


def content_of(snapshot: Json, *, release: int) -> Content:
    """Everything the bot can say, ready to say; `release` is the number of the release."""
    bot = snapshot["bot"]
    languages = tuple(bot["languages"])
    main = bot["default_language"]
    if main not in languages:
        main = languages[0]
    intents = _enabled(snapshot)
    return Content(
        bot=bot["slug"],
        release=release,
        languages=languages,
        default_language=main,
        colour=bot["colour"],
        avatar=_address(bot["avatar"]),
        thresholds=Thresholds(
            bot["answer_threshold"], bot["clarify_threshold"], bot["keep_percent"]
        ),
        urgent=frozenset(name for name, intent in intents.items() if intent["is_urgent"]),
        local={code: _Composer(snapshot, intents, code, main).local() for code in languages},
    )


def examples_of(snapshot: Json) -> list[Example]:
    """The training lines in the bot's languages, entity marks taken off."""
    return list(_examples(snapshot))


def replies_of(snapshot: Json) -> dict[str, list[str]]:
    """What the bot says in each language: more text to tell the languages apart by."""
    said: dict[str, list[str]] = {code: [] for code in snapshot["bot"]["languages"]}
    for intent in _enabled(snapshot).values():
        for texts in (intent["title"], *(reply["text"] for reply in intent["replies"])):
            for code, text in texts.items():
                if code in said:
                    said[code].append("\n".join(wording.text for wording in wordings_of(text)))
    return said


def unmarked(phrase: str) -> str:
    """The phrase as a person would type it: `on [Tuesday](date)` is `on Tuesday`."""
    return _MARK.sub(r"\1", phrase)


def in_language(texts: Mapping[str, str], *languages: str) -> str:
    """The text in the first of these languages that has it, else in any, else empty."""
    for language in (*languages, *sorted(texts)):
        if texts.get(language):
            return texts[language]
    return ""


def _examples(snapshot: Json) -> Iterator[Example]:
    spoken = frozenset(snapshot["bot"]["languages"])
    for name, intent in _enabled(snapshot).items():
        yield from _lines(intent["phrases"], name, spoken)
    yield from _lines(snapshot["out_of_scope"], OUT_OF_SCOPE, spoken)


def _lines(
    phrases: Mapping[str, Sequence[str]], intent: str, spoken: frozenset[str]
) -> Iterator[Example]:
    for code, lines in phrases.items():
        if code in spoken:
            yield from (Example(unmarked(line), intent, code) for line in lines)


def _enabled(snapshot: Json) -> dict[str, Any]:
    return {name: intent for name, intent in snapshot["intents"].items() if intent["is_enabled"]}


def _address(file_name: str) -> str:
    return default_storage.url(file_name) if file_name else ""


class _Composer:
    """Composes one language."""

    def __init__(
        self, snapshot: Json, intents: Mapping[str, Any], language: str, main: str
    ) -> None:
        self.bot = snapshot["bot"]
        self.patterns = snapshot["patterns"]
        self.intents = intents
        self.language = language
        self.main = main
        self.titles = {name: self.title_of(name) for name in intents}

    def local(self) -> LocalContent:
        name = self.text(self.bot["name"]) or self.bot["slug"]
        greeting = self.text(self.bot["greeting"]) or default_greeting(name, self.language)
        return LocalContent(
            language=self.language,
            name=name,
            summary=self.text(self.bot["summary"]),
            greeting=Wording(plain_of(greeting), html_of(greeting)),
            starters=tuple(self.choices(self.bot["starters"]))[:MAX_STARTERS],
            titles={**self.titles, NONE_PAYLOAD: none_of_these(self.language)},
            replies={
                name: tuple(self.template(reply) for reply in intent["replies"])
                for name, intent in self.intents.items()
            },
            patterns={pattern: self.pattern(pattern) for pattern in Pattern},
        )

    def text(self, texts: Mapping[str, str]) -> str:
        return in_language(texts, self.language, self.main)

    def title_of(self, name: str) -> str:
        title = self.text(self.intents[name]["title"])
        return title or name.replace("_", " ").capitalize()

    def choices(self, names: Iterable[str]) -> Iterator[Choice]:
        for name in names:
            if name in self.intents:
                yield Choice(self.titles[name], INTENT_PAYLOAD + name)

    def template(self, reply: Json) -> ReplyTemplate:
        return ReplyTemplate(
            kind=reply["kind"],
            wordings=wordings_of(self.text(reply["text"])),
            title=self.text(reply["title"]),
            image=_address(reply["image"]),
            image_alt=self.text(reply["image_alt"]),
            choices=tuple(
                Choice(
                    self.text(choice["title"]) or self.titles[choice["intent"]],
                    INTENT_PAYLOAD + choice["intent"],
                )
                for choice in reply["choices"]
                if choice["intent"] in self.intents
            ),
            buttons=tuple(
                LinkButton(self.text(button["title"]) or button["url"], button["url"])
                for button in reply["buttons"]
            ),
        )

    def pattern(self, pattern: Pattern) -> tuple[Wording, ...]:
        texts = self.patterns.get(pattern.value, {})
        # A pattern that is younger than the release has its default wording.
        text = texts.get(self.language) or pattern_text(pattern, self.bot["tone"], self.language)
        return wordings_of(text)
