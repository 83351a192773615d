"""The endpoints. Each says what it takes and gives; the rules are those of the socket."""

from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from rest_framework.request import Request
from rest_framework.response import Response

from chatbot_site.lib.errors import BadFrameError, NotFoundError
from conversations import frames, limits, selectors
from conversations.access import access_of
from conversations.api import operations
from conversations.api.base import ApiView, number, site_language
from conversations.api.polling import MAX_WAIT_SECONDS, events_wait
from conversations.runner import SendRequest, runner
from conversations.selectors import ChatEvent, ConversationHead
from conversations.services.conversations import conversation_open
from conversations.services.feedback import feedback_record

PATIENCE_SECONDS: Final = 5.0
PAGE: Final = 20
MAX_PAGE: Final = 100
IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
LANGUAGES_KEY: Final = "conversation_languages"
LANGUAGES_KEPT: Final = 10


class ConversationsView(ApiView):
    """A person's conversations."""

    @operations.CONVERSATIONS
    def get(self, request: Request) -> Response:
        limit = number(request, "limit", low=1, high=MAX_PAGE, default=PAGE)
        offset = number(request, "offset", high=frames.MAX_SEQ, default=0)
        found = selectors.conversations_of(
            subject_id=self.subject_id, limit=limit + 1, offset=offset
        )
        page: dict[str, Any] = {
            "conversations": [
                {
                    "id": str(line.id),
                    "bot_name": line.bot_name,
                    "active_at": frames.timestamp(line.active_at),
                    "preview": line.preview,
                }
                for line in found[:limit]
            ]
        }
        if len(found) > limit:
            page["next_offset"] = offset + limit
        return Response(page)

    @operations.OPEN
    def post(self, request: Request) -> Response:
        limits.open_count(self.address)
        wanted: frames.Open = frames.parse("open", self.fields)
        language = site_language(wanted.lang)
        head = conversation_open(
            subject_id=self.subject_id,
            bot=selectors.bot_live(wanted.bot or None),
            language=language,
        )
        if wanted.lang:
            _remember_language(request.session, head.id, language)
        opened = {"id": str(head.id), "epoch": head.epoch, "last_seq": head.last_seq}
        return Response(opened, status=201)


class MessagesView(ApiView):
    """What a person says."""

    @operations.SEND
    def post(self, request: Request, conversation_id: UUID) -> Response:
        key = _idempotency_key(request)
        fields = {**self.fields, "conv": str(conversation_id), "id": str(key)}
        send: frames.Send = frames.parse("send", fields)
        head = selectors.conversation_for(
            subject_id=self.subject_id, conversation_id=conversation_id
        )
        language = _language_of(head, request.session)
        sent = runner().send_and_wait(
            SendRequest(self.subject_id, head.id, send.id, send.kind, send.body, language),
            PATIENCE_SECONDS,
        )
        events = [event.as_json() for event in sent.events]
        body = {"seq": sent.seq, "dup": sent.dup, "events": events}
        return Response(body, status=202 if sent.pending else 201)


class EventsView(ApiView):
    """What was said."""

    @operations.EVENTS
    def get(self, request: Request, conversation_id: UUID) -> Response:
        limit = number(request, "limit", low=1, high=frames.MAX_HISTORY, default=MAX_PAGE)
        wait = number(request, "wait", high=MAX_WAIT_SECONDS, default=0)
        after = number(request, "after", high=frames.MAX_SEQ, default=0)
        before = number(request, "before", high=frames.MAX_SEQ, default=0)
        if {"before", "after"} <= request.query_params.keys():
            raise BadFrameError(field="before")
        head = self._head(conversation_id)
        if "before" in request.query_params:
            events = selectors.events_before(conversation_id=head.id, before=before, limit=limit)
            return Response(_transcript(head, events))
        events, waited = events_wait(
            subject_id=self.subject_id,
            conversation_id=head.id,
            after=after,
            limit=limit,
            seconds=wait,
        )
        if waited:
            self._recheck()
            head = self._head(conversation_id)
        return Response(_transcript(head, events))

    def _head(self, conversation_id: UUID) -> ConversationHead:
        return selectors.conversation_for(
            subject_id=self.subject_id, conversation_id=conversation_id
        )

    def _recheck(self) -> None:
        """Who signed out while waiting is told no more (R7)."""
        access = access_of(self.request.session.session_key or "")
        if access is None or access.subject_id != self.subject_id:
            raise NotFoundError


class FeedbackView(ApiView):
    """Thumbs."""

    @operations.FEEDBACK
    def post(self, request: Request, conversation_id: UUID, seq: int) -> Response:
        fields = {**self.fields, "conv": str(conversation_id), "seq": seq}
        given: frames.FeedbackFrame = frames.parse("feedback", fields)
        feedback_record(
            subject_id=self.subject_id,
            conversation_id=given.conv,
            seq=given.seq,
            value=given.value,
            reason=given.reason,
            comment=given.comment,
        )
        return Response(status=204)


def _idempotency_key(request: Request) -> UUID:
    """The client id of the message; quotes, as later drafts of the header want them, are fine."""
    try:
        return UUID(request.headers.get(IDEMPOTENCY_HEADER, "").strip('"'))
    except ValueError as error:
        raise BadFrameError(field=IDEMPOTENCY_HEADER) from error


def _remember_language(session: SessionBase, conversation_id: UUID, language: str) -> None:
    """Until the first message there is no row that could keep it; a socket keeps it itself."""
    latest = list(session.get(LANGUAGES_KEY, {}).items())[-LANGUAGES_KEPT + 1 :]
    session[LANGUAGES_KEY] = {**dict(latest), str(conversation_id): language}


def _language_of(head: ConversationHead, session: SessionBase) -> str:
    opened_in = session.get(LANGUAGES_KEY, {}).get(str(head.id), "")
    return head.language or site_language(opened_in)


def _transcript(head: ConversationHead, events: list[ChatEvent]) -> dict[str, Any]:
    # The head was read before the events; they may know more.
    last_seq = max(head.last_seq, *(event.seq for event in events), 0)
    return {
        "epoch": head.epoch,
        "last_seq": last_seq,
        "mode": head.mode,
        "events": [event.as_json() for event in events],
    }
