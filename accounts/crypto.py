"""Keys of data subjects, and the model field whose text only they open.

Each subject has one random AES-256 key, stored wrapped by the site's master key; destroying that
row makes every text of the person unreadable, in this database and in every copy of it.
"""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from chatbot_site.lib import sealing

CACHE_SECONDS = 300
CACHE_ENTRIES = 10_000


class UndecryptableError(Exception):
    """A stored text can't be read: its key was destroyed (`erased`) or its bytes changed."""

    def __init__(self, *, erased: bool) -> None:
        super().__init__("erased" if erased else "damaged")
        self.erased = erased


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """An unwrapped key, ready to use."""

    key_id: int
    subject_id: UUID
    cipher: AESGCM


class _KeyCache:
    """Unwrapped keys by key id and by subject, for five minutes at most."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int | UUID, tuple[float, SubjectKey]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: int | UUID) -> SubjectKey | None:
        with self._lock:
            entry = self._entries.get(name)
            if entry is None or entry[0] < time.monotonic():
                return None
            return entry[1]

    def put(self, key: SubjectKey) -> None:
        with self._lock:
            for name in (key.key_id, key.subject_id):
                self._entries[name] = (time.monotonic() + CACHE_SECONDS, key)
                self._entries.move_to_end(name)
            while len(self._entries) > 2 * CACHE_ENTRIES:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


cache = _KeyCache()


def master_key() -> bytes:
    """The site's master key as bytes, of any length; used only through derived keys."""
    return str(settings.MASTER_KEY).encode()


def new_wrapped_key() -> tuple[int, bytes, str]:
    """A fresh data key: its random id, its wrapped bytes, the id of the wrapping master key."""
    wrapped = sealing.wrap_key(master_key(), secrets.token_bytes(sealing.KEY_BYTES))
    return secrets.randbits(63), wrapped, sealing.master_key_id(master_key())


def key_of_subject(subject_id: UUID) -> SubjectKey:
    """The key of a person; raises `UndecryptableError` when it was destroyed or never made."""
    return cache.get(subject_id) or _load(subject_id=subject_id)


def key_by_id(key_id: int) -> SubjectKey:
    """The key that sealed a value; raises `UndecryptableError` when it was destroyed."""
    return cache.get(key_id) or _load(key_id=key_id)


def _load(**where: Any) -> SubjectKey:
    rows = apps.get_model("accounts", "DataKey").objects.filter(**where)
    row = rows.values_list("key_id", "subject_id", "wrapped").first()
    if row is None:
        raise UndecryptableError(erased=True)
    try:
        cipher = AESGCM(sealing.unwrap_key(master_key(), bytes(row[2])))
    except sealing.SealError as error:
        raise UndecryptableError(erased=False) from error
    key = SubjectKey(row[0], row[1], cipher)
    cache.put(key)
    return key


def place_of(table: str, column: str | None, row: UUID, subject_id: UUID) -> bytes:
    """Where a sealed value belongs; sealed with it, so that it can't be moved elsewhere."""
    return f"1|{table}|{column}|{row}|{subject_id}".encode()


def seal_text(key: SubjectKey, table: str, column: str | None, row: UUID, text: str) -> bytes:
    """Seal one value of one row with this person's key."""
    return sealing.seal(key.cipher, key.key_id, text, place_of(table, column, row, key.subject_id))


def open_text(sealed: bytes, table: str, column: str | None, row: UUID) -> str:
    """Open a sealed value; raises `UndecryptableError`."""
    try:
        key = key_by_id(sealing.key_id_of(sealed))
        return sealing.unseal(key.cipher, sealed, place_of(table, column, row, key.subject_id))
    except sealing.SealError as error:
        raise UndecryptableError(erased=False) from error


class _SealedAttribute:
    """Reads as text; decrypts when it is first read, because the place needs the whole row."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self.field.attname]
        if isinstance(value, bytes | memoryview):
            value = open_text(bytes(value), instance._meta.db_table, self.field.column, instance.pk)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]  # not generic at run time
    """Text at rest under the key of the data subject.

    The model has a UUID as its primary key and tells by `data_subject_id` whose text it holds.
    Reading raises `UndecryptableError` after erasure or damage.
    """

    def contribute_to_class(
        self,
        cls: type[models.Model],
        name: str,
        private_only: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedAttribute(self))

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:  # noqa: FBT001 - Django's signature
        value = model_instance.__dict__[self.attname]
        if not isinstance(value, str):
            return value if value is None else bytes(value)
        key = key_of_subject(model_instance.data_subject_id)  # type: ignore[attr-defined]  # the contract above
        table = model_instance._meta.db_table
        return seal_text(key, table, self.column, model_instance.pk, value)

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        if isinstance(value, str):
            raise TypeError("An encrypted field can be neither filtered nor updated by its text.")
        return super().get_db_prep_value(value, connection, prepared)

    def value_to_string(self, obj: models.Model) -> str:
        """Serialisers get no plain text."""
        return ""
