"""Sealing of values: AES-256-GCM with associated data, wrapping of keys, signing of artefacts.

    ApplicationError is not raised here; what can't be opened raises

    SealError
    ├── WrongKey      the key is not the one that sealed it
    └── Damaged       the bytes were changed, moved or cut

Format of a sealed value (version 1): `0x01 | key id, 8 bytes | nonce, 12 bytes | ciphertext | tag,
16 bytes`. Random 96-bit nonces are safe for 2**32 values per key (NIST SP 800-38D §8.3).
"""

import hashlib
import hmac
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER = struct.Struct(">cQ")


class SealError(Exception):
    """A sealed value could not be opened."""


class WrongKeyError(SealError):
    """The key at hand is not the one that sealed or wrapped this."""


class DamagedError(SealError):
    """The bytes are not what was sealed in this place."""


def seal(cipher: AESGCM, key_id: int, text: str, place: bytes) -> bytes:
    """Encrypt text so that it opens only with this key and only in this place (the AAD)."""
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = cipher.encrypt(nonce, text.encode(), place)
    return _HEADER.pack(_VERSION, key_id) + nonce + ciphertext


def key_id_of(sealed: bytes) -> int:
    """The id of the key that sealed this value; raises `DamagedError` for foreign bytes."""
    if len(sealed) < _HEADER.size + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _VERSION:
        raise DamagedError
    version_and_id: tuple[bytes, int] = _HEADER.unpack_from(sealed)
    return version_and_id[1]


def unseal(cipher: AESGCM, sealed: bytes, place: bytes) -> str:
    """Decrypt; raises `DamagedError` when the bytes or their place were changed."""
    start = _HEADER.size
    nonce, ciphertext = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, ciphertext, place).decode()
    except InvalidTag as error:
        raise DamagedError from error


def wrap_key(master: bytes, key: bytes) -> bytes:
    """Wrap a data key with the master key (RFC 3394)."""
    return aes_key_wrap(derive_key(master, "subject keys"), key)


def unwrap_key(master: bytes, wrapped: bytes) -> bytes:
    """Unwrap a data key; raises `WrongKeyError` when another master key wrapped it."""
    try:
        return aes_key_unwrap(derive_key(master, "subject keys"), wrapped)
    except InvalidUnwrap as error:
        raise WrongKeyError from error


def derive_key(master: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose (HKDF-SHA-256, RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return kdf.derive(master)


def master_key_id(master: bytes) -> str:
    """A public name of the master key, to see which one wrapped a row."""
    return hashlib.sha256(derive_key(master, "key id")).hexdigest()[:16]


def sign(master: bytes, purpose: str, content: bytes) -> bytes:
    """HMAC-SHA-256 of the content under a key of this purpose, 32 bytes."""
    return hmac.digest(derive_key(master, purpose), content, "sha256")


def is_signed(master: bytes, purpose: str, content: bytes, signature: bytes) -> bool:
    """Whether `signature` is ours for this content; constant time."""
    return hmac.compare_digest(sign(master, purpose, content), signature)
