"""Error reports to Sentry without what people wrote: no bodies, no variables, no addresses."""

import re
from typing import Any

import sentry_sdk

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG_NUMBER = re.compile(r"(?<![\w.:-])\+?\d(?:[ -]?\d){6,}(?![\w.:-])")
_COMMENTED_VALUES = re.compile(r"(DETAIL|Key|Failing row).*", re.DOTALL)
DROPPED = ("user", "request", "breadcrumbs", "extra")


def start_reports(dsn: str, **options: Any) -> None:
    """Begin to report errors of web, sockets and tasks; `options` go to `sentry_sdk.init`."""
    sentry_sdk.init(
        dsn=dsn,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        before_send=without_people,
        **options,
    )


def without_people(event: Any, _hint: dict[str, Any]) -> Any:
    """The event with nothing in it that a person wrote or that names one."""
    for name in DROPPED:
        event.pop(name, None)
    scrubbed: Any = _scrubbed(event)
    return scrubbed


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _scrubbed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    if isinstance(value, str):
        return scrub(value)
    return value


def scrub(text: str) -> str:
    """A line without e-mail addresses, long numbers, and values that a database quoted."""
    text = _EMAIL.sub("[e-mail]", text)
    text = _COMMENTED_VALUES.sub("[values]", text)
    return _LONG_NUMBER.sub("[number]", text)
