"""The figures the engine is held to on public data; needs the data, takes minutes."""

import pytest

from conversations.bot.nlu.encoder import load_encoder
from conversations.bot.nlu.local.evaluate import score
from conversations.bot.nlu.local.train import train
from tests.bot.nlu.corpora import benchmark

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def clinc(encoder):
    lines = {name: benchmark(f"clinc150/{name}.jsonl") for name in ("train", "valid", "test")}
    model = train(lines["train"], validation=lines["valid"], encoder=encoder)
    return score(model, lines["test"])


def test_clinc150_linear():
    figures = clinc(None)
    assert figures["accuracy_in_scope"] >= 0.925
    assert figures["oos_auroc"] >= 0.95


def test_clinc150_with_encoder():
    encoder = load_encoder("auto")
    if encoder is None:
        pytest.skip("no sentence encoder is installed")
    figures = clinc(encoder)
    assert figures["accuracy_in_scope"] >= 0.95
    assert figures["oos_auroc"] >= 0.97
    assert figures["accuracy_in_scope_kept"] >= 0.915
    assert figures["oos_recall"] >= 0.85


@pytest.mark.parametrize("encoder", ["none", "auto"])
def test_xsid_each_language_alone(encoder):
    shares = [
        score(
            train(benchmark(f"xsid/{code}/train.jsonl"), encoder=load_encoder(encoder)),
            benchmark(f"xsid/{code}/test.jsonl"),
        )["accuracy_in_scope"]
        for code in ("en", "de", "it", "tr", "ar")
    ]
    assert sum(shares) / len(shares) >= 0.91
