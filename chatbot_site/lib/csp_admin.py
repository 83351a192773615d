"""Relaxes the content security policy for pages of the admin, and for nothing else.

The admin's theme (unfold) draws its menus with Alpine, which makes functions from the text of
attributes: without `'unsafe-eval'` its menus, filters and the phone's sidebar do not open. The
theme ships no build of Alpine that could do without. Only signed-in staff get these pages; inline
scripts, inline styles and other hosts stay refused there as everywhere.
"""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL
from django.http import HttpRequest, HttpResponse


class AdminPolicyMiddleware:
    """Must stand below the middleware that writes the policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.app_names == ["admin"]:
            # Where django-csp's own decorator keeps what it adds to the policy of a response.
            response._csp_update = {"script-src": [UNSAFE_EVAL]}  # type: ignore[attr-defined] # noqa: SLF001 - as above
        return response
