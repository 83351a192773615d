"""The kinds of reply: how each is worded from its template and written as the body of an event."""

from typing import Any

from conversations.bot.types import Reply, ReplyTemplate, Wording

KINDS = ("text", "card", "image")
"""Every kind has a renderer `static/js/chat/render/<kind>.js` and says itself as plain text."""


def worded(template: ReplyTemplate, turn: int) -> Reply:
    """The template with the wording whose turn it is; `turn` counts from 0 and wraps around."""
    wordings = template.wordings or (Wording("", ""),)
    wording = wordings[turn % len(wordings)]
    return Reply(
        kind=template.kind,
        text=wording.text or template.title or template.image_alt,
        html=wording.html,
        title=template.title,
        image=template.image,
        image_alt=template.image_alt,
        choices=template.choices,
        buttons=template.buttons,
    )


def body_of(reply: Reply) -> dict[str, Any]:
    """The body of an event: at least `text`, and only what this reply has."""
    body: dict[str, Any] = {"text": reply.text}
    for name in ("html", "title", "image", "image_alt"):
        value = getattr(reply, name)
        if value:
            body[name] = value
    if reply.choices:
        body["choices"] = [{"title": c.title, "payload": c.payload} for c in reply.choices]
    if reply.buttons:
        body["buttons"] = [{"title": b.title, "url": b.url} for b in reply.buttons]
    return body
