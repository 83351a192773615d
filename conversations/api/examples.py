"""The examples of the schema, one small conversation; a test holds them against the shapes."""

from typing import Any, Final

from chatbot_site.lib.errors import ApplicationError

_CONVERSATION: Final = "00000175-3c1e-8d0a-9b4f-6a1c52e07d33"
_KEY: Final = "5b0c2f0e-6e0a-4c3b-9a44-0d9f6f1f2b6d"

QUESTION: Final[dict[str, Any]] = {
    "conv": _CONVERSATION,
    "seq": 1,
    "kind": "text",
    "author": "user",
    "body": {"text": "When are you open on Saturday?"},
    "ts": "2026-03-02T09:14:07.512Z",
    "id": _KEY,
}
ANSWER: Final[dict[str, Any]] = {
    "conv": _CONVERSATION,
    "seq": 2,
    "kind": "text",
    "author": "bot",
    "body": {
        "text": "On Saturdays we are open from 9 to 13.",
        "html": "<p>On Saturdays we are open from <strong>9 to 13</strong>.</p>",
        "choices": [{"title": "Book an appointment", "payload": "intent:book_appointment"}],
        "intent": "opening_hours",
    },
    "ts": "2026-03-02T09:14:07.598Z",
    "generated_by": "bot",
}
BOTS: Final = {
    "bots": [
        {
            "slug": "riverside",
            "name": "Riva",
            "summary": "I answer questions about the clinic.",
            "greeting": "Hello, I'm Riva, an automated assistant. How can I help?",
            "starters": [{"title": "Opening hours", "payload": "intent:opening_hours"}],
            "languages": ["en", "es"],
            "default_language": "en",
        }
    ]
}
OPEN: Final = {"bot": "riverside", "lang": "en"}
OPENED: Final = {"id": _CONVERSATION, "epoch": 1, "last_seq": 0}
SUMMARIES: Final = {
    "conversations": [
        {
            "id": _CONVERSATION,
            "bot_name": "Riva",
            "active_at": "2026-03-02T09:14:07.598Z",
            "preview": "When are you open on Saturday?",
        }
    ],
    "next_offset": 1,
}
SEND: Final = {"kind": "text", "body": "When are you open on Saturday?"}
SENT: Final = {"seq": 1, "dup": False, "events": [QUESTION, ANSWER]}
SENT_ONLY: Final = {"seq": 1, "dup": False, "events": [QUESTION]}
TRANSCRIPT: Final = {"epoch": 1, "last_seq": 2, "mode": "bot", "events": [ANSWER]}
FEEDBACK: Final = {"value": "down", "reason": "unclear", "comment": "Which entrance?"}
SETTINGS: Final = {"language": "en", "theme": "dark"}
ME: Final = {
    "subject": "019cac5e-8a1f-7d06-b0a5-4e1f0c9d7a52",
    "signed_in": True,
    "email": "alice@example.org",
    "name": "Alice",
    "language": "en",
    "theme": "system",
}


def problem(error: ApplicationError) -> dict[str, Any]:
    """The refusal as it is answered; its sentence is put into words when the schema is made."""
    shown: dict[str, Any] = {"code": error.code, "retry": error.retry, "message": error.message}
    if error.field:
        shown["field"] = error.field
    if error.after_ms:
        shown["after_ms"] = error.after_ms
    return {"error": shown}
