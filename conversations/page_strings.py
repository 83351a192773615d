"""The sentences that the scripts of the chat page say, in the page's language."""

from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_SAMPLES: Final = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
"""A number of each plural category that occurs in the site's languages (CLDR), for counting."""


def page_strings(language: str) -> dict[str, Any]:
    """Name to sentence; one with a number has a form for each of the language's plurals."""
    with translation.override(language):
        return {**_states(), **_bars(), **_failures()}


def _states() -> dict[str, Any]:
    return {
        "sending": _("Sending"),
        "waiting": _("Waiting to be sent"),
        "sent": _("Sent"),
        "answered": _("Answered"),
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "copied": _("Copied"),
        "deleted": _("This message was deleted."),
        "new_window": _("(opens in a new window)"),
        "thanks": _("Thanks for telling us."),
        "says": _("%(name)s: %(text)s"),
        "left": {
            category: ngettext("%(count)s character left", "%(count)s characters left", sample)
            for category, sample in _SAMPLES.items()
        },
        "over": {
            category: ngettext(
                "%(count)s character too many", "%(count)s characters too many", sample
            )
            for category, sample in _SAMPLES.items()
        },
    }


def _bars() -> dict[str, Any]:
    return {
        "offline": _("You're offline. You can keep writing."),
        "offline_waiting": {
            category: ngettext(
                "You're offline. %(count)s message will be sent when you're back.",
                "You're offline. %(count)s messages will be sent when you're back.",
                sample,
            )
            for category, sample in _SAMPLES.items()
        },
        "reconnecting": _("Reconnecting. What you write is kept."),
        "signed_out": _("You were signed out. Reload the page to go on."),
        "refused": _("The connection was refused. Reload the page to go on."),
        "replaced": _("This conversation went on in another window. Reload the page to go on."),
        "closed": _("This conversation is closed."),
    }


def _failures() -> dict[str, Any]:
    return {
        "failed": _("Not sent."),
        "failed_too_long": _("Not sent: this message is too long."),
        "failed_bad_text": _("Not sent: this message has characters that can't be stored."),
        "failed_closed": _("Not sent: this conversation is closed."),
        "failed_not_found": _("Not sent: this conversation is no longer there."),
        "failed_restricted": _("Not sent: the use of your data is restricted at your request."),
        "failed_consent_required": _("Not sent: this needs your consent first."),
        "full": _("Many messages are waiting already. Please send more when you're back online."),
        "slow_down": _("That was a lot at once. Your messages are kept and follow in a moment."),
    }
