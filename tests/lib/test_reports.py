"""What leaves with an error report: nothing that a person wrote."""

from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from chatbot_site.lib.reports import scrub, start_reports

CANARY = "canary-4711-of-somebody"


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize())


@pytest.fixture
def kept() -> Any:
    transport = Kept()
    start_reports("http://key@localhost/1", transport=transport, default_integrations=False)
    yield transport
    sentry_sdk.get_client().close()
    sentry_sdk.init()


def _fail(body: str) -> None:
    raise ValueError("could not store ann@example.org, phone +49 171 5550100", len(body))


def test_a_report_holds_no_text_of_a_person(kept: Kept) -> None:
    sentry_sdk.set_user({"email": "ann@example.org"})
    sentry_sdk.set_extra("body", CANARY)
    sentry_sdk.add_breadcrumb(message=CANARY)
    try:
        _fail(CANARY)
    except ValueError as error:
        sentry_sdk.capture_exception(error)

    assert len(kept.sent) == 1
    for secret in (CANARY, "ann@example.org", "5550100"):
        assert secret.encode() not in kept.sent[0]
    assert b"could not store [e-mail], phone [number]" in kept.sent[0]


@pytest.mark.parametrize(
    ("line", "scrubbed"),
    [
        ("mail a.b+c@example.co.uk now", "mail [e-mail] now"),
        ("card 4111 1111 1111 1111 refused", "card [number] refused"),
        ("duplicate key DETAIL: Key (email)=(a@b.org) exists", "duplicate key [values]"),
        ("turn 0192f6a0-1111-7abc-8def-001122334455 failed", None),
        ("took 1200 ms at line 42", None),
    ],
)
def test_scrub(line: str, scrubbed: str | None) -> None:
    assert scrub(line) == (scrubbed or line)
