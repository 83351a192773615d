"""Every registered provider keeps the contract; the chain asks them in order."""

from dataclasses import dataclass

import pytest

from conversations.bot.nlu.base import NluError, Query
from conversations.bot.nlu.chain import Chain
from conversations.bot.nlu.local.provider import LocalNlu
from conversations.bot.nlu.local.train import train
from conversations.bot.nlu.registry import PROVIDERS, provider_class
from conversations.bot.types import ScoredIntent, Understanding
from tests.bot.nlu.corpora import FakeEncoder, bilingual

BUILT = {"local": lambda kind: kind(train(bilingual(), encoder=FakeEncoder()), FakeEncoder())}
"""How to build each registered provider for the contract test; a new one adds its line."""


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("text", ["opening hours", "", "  ", "\x00\ud800", "a" * 100_000, "😀"])
def test_contract(name, text):
    provider = BUILT[name](provider_class(name))
    assert provider.name == name
    assert provider.languages is None or isinstance(provider.languages, frozenset)
    assert isinstance(provider.sends_text_away, bool)
    found = provider.understand(Query(text, "en", ("en", "de")))
    assert isinstance(found, Understanding)
    assert found.provider == name
    assert found.language in ("en", "de")
    confidences = [item.confidence for item in found.ranking]
    assert confidences == sorted(confidences, reverse=True)


def test_unregistered_name():
    with pytest.raises(KeyError):
        provider_class("nobody")


def test_local_switches_language_on_a_clear_lead_only():
    provider = LocalNlu(train(bilingual()))
    clear = Query("ich möchte bitte einen Termin beim Arzt buchen", "en", ("en", "de"))
    assert provider.understand(clear).language == "de"
    assert provider.understand(Query("ok", "de", ("en", "de"))).language == "de"


@dataclass
class Scripted:
    """A provider that answers with a confidence, or fails, and takes its time."""

    name: str
    confidence: float | None
    clock: list[float]
    takes: float = 0.1
    in_scope: bool = True
    languages: frozenset[str] | None = None
    sends_text_away: bool = False
    asked: int = 0

    def understand(self, query):
        self.asked += 1
        self.clock[0] += self.takes
        if self.confidence is None:
            message = "down"
            raise NluError(message, retryable=True)
        ranking = (ScoredIntent("hours", self.confidence),)
        return Understanding(query.language, ranking, 0.0, self.in_scope, self.name)


def ask(clock, *providers, deadline=1.0):
    chain = Chain(providers, sure_from=0.8, clock=lambda: clock[0])
    return chain.understand(Query("hi", "en", ("en",), deadline))


def test_chain_stops_at_the_first_sure_one():
    clock = [0.0]
    providers = [Scripted("a", 0.5, clock), Scripted("b", 0.9, clock), Scripted("c", 1.0, clock)]
    assert ask(clock, *providers).provider == "b"
    assert [one.asked for one in providers] == [1, 1, 0]


def test_chain_keeps_the_best_unsure_one():
    clock = [0.0]
    far = Scripted("far", 0.95, clock, in_scope=False)
    assert ask(clock, far, Scripted("a", 0.3, clock), Scripted("b", 0.4, clock)).provider == "b"


def test_chain_passes_over_failures_and_other_languages():
    clock = [0.0]
    french = Scripted("french", 1.0, clock, languages=frozenset({"fr"}))
    assert ask(clock, Scripted("a", None, clock), french, Scripted("b", 0.4, clock)).provider == "b"
    assert french.asked == 0


def test_chain_ends_at_the_deadline():
    clock = [0.0]
    late = Scripted("late", 0.9, clock, takes=2.0)
    assert ask(clock, Scripted("a", 0.3, clock), late).provider == "a"
    with pytest.raises(NluError) as caught:
        ask(clock, late)
    assert caught.value.retryable
