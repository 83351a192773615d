"""The OpenAPI document of the API, made from its views."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from conversations.api.authentication import CSRF_HEADER, SAFE_METHODS
from conversations.api.base import ApiView, site_language


class VisitorScheme(OpenApiAuthenticationExtension):
    """The session cookie; for everything that changes something, the CSRF token with it."""

    target_class = "conversations.api.authentication.VisitorAuthentication"
    name = ["session", "csrf"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Reading works for somebody new, too; there is just nothing of theirs to read."""
        if auto_schema.method in SAFE_METHODS:
            return [{"session": []}, {}]
        return [{"session": [], "csrf": []}]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
            {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
        ]


@lru_cache(maxsize=16)
def schema_in(language: str) -> dict[str, Any]:
    """The whole OpenAPI document in one of the site's languages; made once a process."""
    with translation.override(language):
        generator = SchemaGenerator()
        made: dict[str, Any] = generator.get_schema(request=None, public=True)
    return made


class SchemaView(ApiView):
    """The document for programs; it knows nobody."""

    authentication_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(schema_in(site_language()))
