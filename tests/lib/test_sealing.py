"""Values open only with their key, in their place, unchanged; keys only with their master key."""

import secrets

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatbot_site.lib import sealing

MASTER = b"m" * 64
PLACE = b"1|messages|body|row|subject"
TEXT = "Ich heiße علي 😀"


@pytest.fixture
def cipher() -> AESGCM:
    return AESGCM(secrets.token_bytes(sealing.KEY_BYTES))


def test_round_trip(cipher: AESGCM) -> None:
    sealed = sealing.seal(cipher, 7, TEXT, PLACE)
    assert sealing.unseal(cipher, sealed, PLACE) == TEXT
    assert sealing.key_id_of(sealed) == 7
    assert TEXT.encode() not in sealed


def test_format_is_version_key_nonce_ciphertext_tag(cipher: AESGCM) -> None:
    sealed = sealing.seal(cipher, 2**63 - 1, "abc", PLACE)
    assert sealed[:9] == b"\x01\x7f\xff\xff\xff\xff\xff\xff\xff"
    assert len(sealed) == 1 + 8 + 12 + 3 + 16


def test_same_text_never_looks_the_same(cipher: AESGCM) -> None:
    assert len({sealing.seal(cipher, 1, TEXT, PLACE) for _ in range(50)}) == 50


def test_every_byte_is_guarded(cipher: AESGCM) -> None:
    sealed = sealing.seal(cipher, 1, "ab", PLACE)
    for position in range(9, len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(sealing.DamagedError):
            sealing.unseal(cipher, bytes(changed), PLACE)


def test_a_moved_value_does_not_open(cipher: AESGCM) -> None:
    sealed = sealing.seal(cipher, 1, TEXT, PLACE)
    with pytest.raises(sealing.DamagedError):
        sealing.unseal(cipher, sealed, b"1|messages|body|other row|subject")


@pytest.mark.parametrize("foreign", [b"", b"\x01", b"\x01" * 36, b"\x02" * 60, b"plain text" * 9])
def test_foreign_bytes_have_no_key(foreign: bytes) -> None:
    with pytest.raises(sealing.DamagedError):
        sealing.key_id_of(foreign)


def test_wrapped_keys() -> None:
    key = secrets.token_bytes(sealing.KEY_BYTES)
    wrapped = sealing.wrap_key(MASTER, key)
    assert sealing.unwrap_key(MASTER, wrapped) == key
    assert key not in wrapped
    with pytest.raises(sealing.WrongKeyError):
        sealing.unwrap_key(b"n" * 64, wrapped)
    with pytest.raises(sealing.WrongKeyError):
        sealing.unwrap_key(MASTER, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def test_keys_of_different_purposes_differ() -> None:
    keys = {sealing.derive_key(MASTER, purpose) for purpose in ("subject keys", "key id", "other")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_name_of_the_master_key_tells_keys_apart() -> None:
    assert sealing.master_key_id(MASTER) == sealing.master_key_id(MASTER)
    assert sealing.master_key_id(MASTER) != sealing.master_key_id(b"n" * 64)
    assert len(sealing.master_key_id(MASTER)) == 16


def test_signatures_hold_for_one_content_purpose_and_key() -> None:
    signature = sealing.sign(MASTER, "artefacts", b"model")
    assert sealing.is_signed(MASTER, "artefacts", b"model", signature)
    assert not sealing.is_signed(MASTER, "artefacts", b"model!", signature)
    assert not sealing.is_signed(MASTER, "anchors", b"model", signature)
    assert not sealing.is_signed(b"n" * 64, "artefacts", b"model", signature)
    assert not sealing.is_signed(MASTER, "artefacts", b"model", b"")
