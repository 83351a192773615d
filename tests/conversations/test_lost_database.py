"""What becomes of database work when the database goes away, fills up or takes no writes."""

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection

from chatbot_site.lib.errors import ApplicationError, BusyError, ReadOnlyError
from conversations.runner import with_database

pytestmark = pytest.mark.django_db(transaction=True)


class Driver(Exception):  # noqa: N818 - named as drivers name theirs
    """What a driver raised below Django's error."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def caused(error: Exception, sqlstate: str) -> Exception:
    error.__cause__ = Driver(sqlstate)
    return error


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (OperationalError("server closed the connection unexpectedly"), BusyError),
        (OperationalError("database is locked"), BusyError),
        (InterfaceError("connection already closed"), BusyError),
        (caused(OperationalError("too many connections"), "53300"), BusyError),
        (OperationalError("attempt to write a readonly database"), ReadOnlyError),
        (OperationalError("database or disk is full"), ReadOnlyError),
        (caused(OperationalError("could not extend file"), "53100"), ReadOnlyError),
        (caused(InternalError("cannot execute INSERT"), "25006"), ReadOnlyError),
    ],
)
def test_a_database_that_stays_away_is_busy_or_read_only(
    failure: Exception, kind: type[ApplicationError]
) -> None:
    calls = []

    def fails() -> None:
        calls.append(connection.connection)
        connection.ensure_connection()
        raise failure

    with pytest.raises(kind) as refused:
        with_database(fails)
    assert refused.value.retry is True
    # Twice, the second time on a fresh connection.
    assert len(calls) == 2
    assert calls[1] is None
    assert connection.connection is None


def test_a_connection_that_was_lost_is_made_anew() -> None:
    failures = iter([OperationalError("the connection was cut")])

    def once(word: str) -> str:
        for failure in failures:
            raise failure
        return word

    assert with_database(once, "done") == "done"


def test_a_fault_of_ours_is_neither_hidden_nor_tried_again() -> None:
    calls = []

    def wrong() -> None:
        calls.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        with_database(wrong)
    assert calls == [1]
