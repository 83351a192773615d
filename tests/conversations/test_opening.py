"""Ids of conversations that prove whose they are, before there is any row."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_site.lib.ids import uuid7
from conversations.opening import bot_of_promise, conversation_id_new

ALICE, BOB = uuid7(), uuid7()
HIGHEST_BOT = 2**24 - 1
VERSION_AND_VARIANT_BITS = {*range(48, 52), 64, 65}


@given(bot=st.integers(0, HIGHEST_BOT))
def test_an_id_names_its_bot_to_its_owner_only(bot: int) -> None:
    promise = conversation_id_new(ALICE, bot)
    assert bot_of_promise(promise, ALICE) == bot
    assert bot_of_promise(promise, BOB) is None
    assert (promise.version, promise.variant) == (8, "specified in RFC 4122")


def test_no_bit_can_be_changed() -> None:
    promise = conversation_id_new(ALICE, 7)
    for bit in range(128):
        changed = UUID(int=promise.int ^ (1 << (127 - bit)))
        assert bot_of_promise(changed, ALICE) is None, bit


def test_another_bot_makes_another_id() -> None:
    promise = conversation_id_new(ALICE, 1)
    other = UUID(bytes=(2).to_bytes(3, "big") + promise.bytes[3:])
    assert bot_of_promise(other, ALICE) is None


def test_ids_differ() -> None:
    assert len({conversation_id_new(ALICE, 1) for _ in range(2_000)}) == 2_000


@pytest.mark.parametrize("stranger", [UUID(int=0), UUID(int=2**128 - 1), uuid4(), uuid7()])
def test_ids_made_elsewhere_are_nobodys(stranger: UUID) -> None:
    assert bot_of_promise(stranger, ALICE) is None


def test_another_site_has_other_ids(settings: Any) -> None:
    promise = conversation_id_new(ALICE, 3)
    settings.MASTER_KEY = "another key" * 6
    assert bot_of_promise(promise, ALICE) is None
