"""Who may do what: one row for every route, every table of the admin and every websocket frame.

`tests/test_access_matrix.py` walks it; a route without a row fails there. Statuses stand in the
order of `ROLES`; "all" is one status for everybody. Other people's things are 404, never 403.
"""

ROLES = ("anonymous", "visitor", "curator", "agent", "analyst", "compliance", "superuser")

NOBODY = ("nobody",)
"""Not even superusers, because it would make no sense or lose data."""

SIGN_IN = "302"
"""To the sign-in page, and back afterwards."""


def everybody(status: int) -> str:
    return " ".join([str(status)] * len(ROLES))


def signed_in(status: int) -> str:
    return " ".join([SIGN_IN, *[str(status)] * (len(ROLES) - 1)])


def staff_with(status: int, *roles: str) -> str:
    """The admin: sign-in for people, 403 for staff of another role, superusers always."""
    others = ("302", "302", *["403"] * 4)
    allowed = [str(status) if r in roles else o for r, o in zip(ROLES, others, strict=False)]
    return " ".join([*allowed, str(status)])


# Route and method -> statuses. Conversations named in a route belong to a stranger.
ROUTES: dict[str, dict[str, str]] = {
    "": {"GET": everybody(200)},
    "c/<uuid:conversation_id>/": {"GET": everybody(404)},
    "c/<uuid:conversation_id>/send/": {"GET": everybody(405), "POST": everybody(404)},
    "c/<uuid:conversation_id>/feedback/": {"GET": everybody(405), "POST": everybody(404)},
    "privacy/": {"GET": everybody(200)},
    "language/": {"GET": everybody(302), "POST": everybody(302)},
    "media/<path:name>": {"GET": everybody(404)},
    "theme/": {"GET": everybody(405), "POST": everybody(302)},
    "me/": {"GET": signed_in(200)},
    "health/live": {"GET": everybody(200)},
    "health/ready": {"GET": everybody(200)},
    # The API
    "api/docs/": {"GET": everybody(200)},
    "api/schema/": {"GET": everybody(200)},
    "api/v1/bots/": {"GET": everybody(200), "POST": everybody(405)},
    "api/v1/me/": {"GET": everybody(200)},
    "api/v1/me/preferences/": {"PATCH": everybody(200)},
    "api/v1/conversations/": {"GET": everybody(200), "POST": everybody(201)},
    "api/v1/conversations/<uuid:conversation_id>/events/": {"GET": everybody(404)},
    "api/v1/conversations/<uuid:conversation_id>/messages/": {"POST": everybody(404)},
    "api/v1/conversations/<uuid:conversation_id>/messages/<int:seq>/feedback/": {
        "POST": everybody(404)
    },
    # Sign-in and accounts
    "accounts/login/": {"GET": "200 302 302 302 302 302 302"},
    "accounts/logout/": {"GET": "302 200 200 200 200 200 200"},
    "accounts/inactive/": {"GET": everybody(200)},
    "accounts/signup/": {"GET": "200 302 302 302 302 302 302"},
    "accounts/reauthenticate/": {"GET": signed_in(200)},
    "accounts/email/": {"GET": signed_in(200)},
    "accounts/confirm-email/": {"GET": everybody(200)},
    "accounts/password/change/": {"GET": signed_in(200)},
    "accounts/password/set/": {"GET": signed_in(302)},
    "accounts/password/reset/": {"GET": everybody(200)},
    "accounts/login/code/confirm/": {"GET": everybody(302)},
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$": {"GET": everybody(200)},
    "accounts/password/reset/key/done/": {"GET": everybody(200)},
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": {"GET": everybody(200)},
    "accounts/password/reset/done/": {"GET": everybody(200)},
    # The admin's own pages
    "admin/": {"GET": "302 302 200 200 200 200 200"},
    "admin/search/": {"GET": "302 302 200 200 200 200 200"},
    "admin/login/": {"GET": "302 403 302 302 302 302 302"},
    "admin/logout/": {"GET": "302 302 405 405 405 405 405"},
    "admin/password_change/": {"GET": "302 302 200 200 200 200 200"},
    "admin/password_change/done/": {"GET": "302 302 200 200 200 200 200"},
    "admin/autocomplete/": {"GET": "302 302 403 403 403 403 403"},
    "admin/jsi18n/": {"GET": "302 302 200 200 200 200 200"},
    "admin/r/<path:content_type_id>/<path:object_id>/": {"GET": "302 302 404 404 404 404 404"},
    "admin/^(?P<app_label>accounts|auth|conversations)/$": {"GET": "302 302 200 200 200 404 200"},
    # What staff do with a bot and its releases
    "admin/accounts/user/<id>/password/": {"GET": staff_with(200)},
    "admin/conversations/bot/palette/": {"GET": staff_with(400, "curator")},
    "admin/conversations/bot/<int:pk>/publish/": {"GET": staff_with(200, "curator")},
    "admin/conversations/release/<int:pk>/progress/": {
        "GET": staff_with(200, "curator", "analyst")
    },
    # Back to its page: the release of the test has no model that could serve.
    "admin/conversations/release/<int:pk>/rollback/": {"GET": staff_with(302, "curator")},
    "admin/(?P<url>.*)$": {"GET": "302 302 404 404 404 404 404"},
}

# Table of the admin -> verb -> roles besides superusers.
ADMIN: dict[str, dict[str, tuple[str, ...]]] = {
    "conversations.bot": {
        "view": ("curator",),
        "add": ("curator",),
        "delete": ("curator",),
    },
    "conversations.intent": {
        "view": ("curator",),
        "add": ("curator",),
        "delete": ("curator",),
    },
    "conversations.entity": {"view": ("curator",), "add": ("curator",), "delete": ("curator",)},
    "conversations.release": {
        "view": ("curator", "analyst"),
        "add": NOBODY,
        "delete": NOBODY,
    },
    "conversations.conversation": {"view": ("agent", "curator", "analyst")},
    "accounts.user": {"view": ("compliance",), "delete": NOBODY},
    "accounts.subject": {"view": ("compliance",), "add": NOBODY, "delete": NOBODY},
    "accounts.datakey": {"view": ("compliance",), "add": NOBODY, "delete": NOBODY},
    "auth.group": {},
}

# Frame -> the error its sender gets when it names a stranger's conversation, or "nothing" when it
# changes and reveals nothing; empty where a frame names none.
FRAMES = {
    "hello": "not_found",
    "open": "",
    "send": "not_found",
    "recv": "nothing",
    "seen": "nothing",
    "typing": "nothing",
    "history": "not_found",
    "feedback": "not_found",
    "ping": "",
}
