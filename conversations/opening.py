"""Conversation ids that prove themselves, so that opening a conversation needs no row.

Most visitors who load the page never write. An id is therefore a sealed promise: 40 random bits,
24 bits naming the bot, and a MAC over both and the person. Until the first message is stored the
id alone says whose conversation it is; afterwards the row does.
"""

import hmac
import secrets
from functools import lru_cache
from uuid import UUID

from accounts.crypto import master_key
from chatbot_site.lib.sealing import derive_key

_RANDOM_BYTES = 5
_BOT_BYTES = 3
_MAC_BYTES = 8
_VERSION_8 = 0x8


@lru_cache(maxsize=4)
def _key(master: bytes) -> bytes:
    return derive_key(master, "conversation ids")


def _mac(subject_id: UUID, start: bytes) -> bytes:
    message = subject_id.bytes + start
    return hmac.digest(_key(master_key()), message, "sha256")[:_MAC_BYTES]


def _assembled(start: bytes, mac: bytes) -> UUID:
    # UUID version 8 (RFC 9562 §5.8) keeps 122 bits for us; version and variant bits fall out.
    return UUID(bytes=_with_version(start + mac))


def _with_version(raw: bytes) -> bytes:
    octets = bytearray(raw)
    octets[6] = (octets[6] & 0x0F) | (_VERSION_8 << 4)
    octets[8] = (octets[8] & 0x3F) | 0x80
    return bytes(octets)


def conversation_id_new(subject_id: UUID, bot_id: int) -> UUID:
    """An id for a conversation of this person with this bot."""
    bot = bot_id.to_bytes(_BOT_BYTES, "big")
    # The bot's number stands where no version bit falls.
    start = bot + secrets.token_bytes(_RANDOM_BYTES)
    start = _with_version(start + bytes(_MAC_BYTES))[: _BOT_BYTES + _RANDOM_BYTES]
    return _assembled(start, _mac(subject_id, start))


def bot_of_promise(conversation_id: UUID, subject_id: UUID) -> int | None:
    """The bot this id was opened with by this person; None when the id is not theirs."""
    raw = conversation_id.bytes
    start = raw[: _BOT_BYTES + _RANDOM_BYTES]
    if not hmac.compare_digest(_assembled(start, _mac(subject_id, start)).bytes, raw):
        return None
    return int.from_bytes(raw[:_BOT_BYTES], "big")
