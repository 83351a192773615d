"""What is really in the tables, read without the product's own code on the path of a message."""

import json
import sqlite3
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chatbot_site.lib import sealing
from tests.faults.history import Duty, Shown

MASTER_KEY = b"m" * 64


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows of any database of a site."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(url, autocommit=True) as postgresql:
        return postgresql.execute(sql.encode()).fetchall()


def stored(url: str) -> dict[str, list[Shown]]:
    """The messages of each conversation in their order, opened with the keys in the table."""
    keys = {
        row[0]: (AESGCM(sealing.unwrap_key(MASTER_KEY, bytes(row[1]))), _uuid(row[2]))
        for row in query(url, "SELECT key_id, wrapped, subject_id FROM accounts_datakey")
    }
    found: dict[str, list[Shown]] = {}
    columns = "id, conversation_id, seq, author, client_id, body"
    # The words are our own.
    for row in query(url, f"SELECT {columns} FROM conversations_message ORDER BY seq"):  # noqa: S608 - see above
        sealed = bytes(row[5])
        # A KeyError here is a text that nobody will ever read again.
        cipher, subject = keys[sealing.key_id_of(sealed)]
        place = f"1|conversations_message|body|{_uuid(row[0])}|{subject}".encode()
        body = json.loads(sealing.unseal(cipher, sealed, place))
        event = Shown(row[2], row[3], "" if row[4] is None else _uuid(row[4]), body["text"])
        found.setdefault(_uuid(row[1]), []).append(event)
    return found


def duties(url: str) -> dict[str, list[Duty]]:
    """The turns of each conversation with the parts of their answers."""
    parts: dict[str, list[int]] = {}
    sql = "SELECT turn_id, part FROM conversations_message WHERE turn_id IS NOT NULL ORDER BY seq"
    for turn, part in query(url, sql):
        parts.setdefault(_uuid(turn), []).append(part)
    found: dict[str, list[Duty]] = {}
    for row in query(url, "SELECT id, conversation_id, seq, state FROM conversations_turn"):
        duty = Duty(row[2], row[3], tuple(parts.get(_uuid(row[0]), ())))
        found.setdefault(_uuid(row[1]), []).append(duty)
    return found


def pending(url: str) -> int:
    """How many messages still wait for their answer."""
    sql = "SELECT count(*) FROM conversations_turn WHERE state = 'pending'"
    return int(query(url, sql)[0][0])


def _uuid(value: Any) -> str:
    return str(UUID(str(value)))


def execute(url: str, sql: str) -> None:
    """Change something behind the back of the site."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
            connection.execute(sql)
        return
    with psycopg.connect(url, autocommit=True) as postgresql:
        postgresql.execute(sql.encode())
