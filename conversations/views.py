"""The chat page, and the forms that make it work without a script."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from accounts.services.identity import subject_id_of
from accounts.services.preferences import preferences_update
from chatbot_site.lib.errors import ApplicationError, NotFoundError
from conversations import selectors
from conversations.forms import MAX_DIGITS, FeedbackForm, MessageForm
from conversations.page import chat_page
from conversations.runner import SendRequest, runner
from conversations.selectors import ConversationHead
from conversations.services.conversations import conversation_open
from conversations.services.feedback import feedback_record

THEMES: Final = ("system", "light", "dark")
YEAR: Final = 365 * 24 * 3600
PATIENCE_SECONDS: Final = 5.0
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _hides_what_is_not_theirs(view: View[P]) -> View[P]:
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFoundError as error:
            raise Http404 from error

    return answer


@never_cache
@require_safe
@_hides_what_is_not_theirs
def chat(request: HttpRequest) -> HttpResponse:
    """Talk at once: the latest conversation with the bot, or with `?new` a fresh one."""
    slug = request.GET.get("bot")
    try:
        bot = selectors.bot_live(slug)
    except NotFoundError:
        if slug:
            raise
        return render(request, "conversations/no_bot.html", status=503)
    subject_id = subject_id_of(request.session, request.user)
    head = None
    if "new" not in request.GET:
        head = selectors.conversation_latest(subject_id=subject_id, bot=bot)
    if head is None:
        language = get_language() or settings.LANGUAGE_CODE
        head = conversation_open(subject_id=subject_id, bot=bot, language=language)
    return _page(request, head, subject_id)


@never_cache
@require_safe
@_hides_what_is_not_theirs
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation; `?before=12` pages back, `?why=12` asks why that answer was no help."""
    head, subject_id = _own(request, conversation_id)
    return _page(
        request,
        head,
        subject_id,
        before=_number(request.GET.get("before")),
        why=_number(request.GET.get("why")),
    )


@require_POST
@_hides_what_is_not_theirs
def send(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Store a message once, wait a little for its answer, and show the conversation."""
    head, subject_id = _own(request, conversation_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return redirect(f"{reverse('conversation', args=[head.id])}#latest")
    language = get_language() or settings.LANGUAGE_CODE
    wanted = SendRequest(
        subject_id, head.id, form.cleaned_data["client_id"], form.kind, form.body, language
    )
    try:
        runner().send_and_wait(wanted, PATIENCE_SECONDS)
    except NotFoundError:
        raise
    except ApplicationError as refusal:
        messages.error(request, str(refusal.message))
        draft = form.cleaned_data["text"]
        return _page(request, head, subject_id, status=refusal.status, draft=draft)
    response = redirect(f"{reverse('conversation', args=[head.id])}#latest")
    response.status_code = 303
    return response


@require_POST
@_hides_what_is_not_theirs
def feedback(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Keep a thumb; one that points down is asked why."""
    head, subject_id = _own(request, conversation_id)
    address = reverse("conversation", args=[head.id])
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return redirect(address)
    given = form.cleaned_data
    seq, value = given["vote"]
    try:
        feedback_record(
            subject_id=subject_id,
            conversation_id=head.id,
            seq=seq,
            value=value,
            reason=given["reason"],
            comment=given["comment"],
        )
    except NotFoundError:
        raise
    except ApplicationError as refusal:
        messages.error(request, str(refusal.message))
        return redirect(f"{address}?why={seq}#m{seq}")
    if value == "down" and not given["reason"] and not given["comment"]:
        return redirect(f"{address}?why={seq}#m{seq}")
    messages.success(request, _("Thanks for telling us."))
    return redirect(f"{address}#m{seq}")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What happens to what people write here."""
    return render(request, "conversations/privacy.html")


def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on, in the same conversation; only a POST changes it."""
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        _remember(request, language=chosen)
    return set_language(request)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the appearance a person chose and go back to where they were."""
    wanted = request.POST.get("next", "/")
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=secure):
        wanted = "/"
    response = redirect(wanted)
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        _remember(request, theme=chosen)
        response.set_cookie(
            "theme", chosen, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


def _remember(request: HttpRequest, **preference: str) -> None:
    """On every device of theirs, for people with an account; a cookie serves everybody else."""
    if request.user.is_authenticated:
        subject_id = subject_id_of(request.session, request.user)
        preferences_update(subject_id=subject_id, **preference)


def _own(request: HttpRequest, conversation_id: UUID) -> tuple[ConversationHead, UUID]:
    subject_id = subject_id_of(request.session, request.user)
    head = selectors.conversation_for(subject_id=subject_id, conversation_id=conversation_id)
    return head, subject_id


def _page(
    request: HttpRequest,
    head: ConversationHead,
    subject_id: UUID,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    draft = extra.pop("draft", "")
    language = get_language() or settings.LANGUAGE_CODE
    context = chat_page(head, subject_id=subject_id, language=language, **extra)
    if request.user.is_authenticated:
        context["conversations"] = selectors.conversations_of(subject_id=subject_id)
    # The forms of a page that was refused come back to the conversation, not to a POST address.
    context["next_url"] = (
        request.get_full_path()
        if request.method == "GET"
        else (reverse("conversation", args=[head.id]))
    )
    return render(request, "conversations/chat.html", {**context, "draft": draft}, status=status)


def _number(text: str | None) -> int:
    """A place in the conversation from an address; 0 for anything else."""
    is_number = text is not None and text.isascii() and text.isdigit()
    return int(text) if text and is_number and len(text) <= MAX_DIGITS else 0
