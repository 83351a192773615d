"""Whether this process lives and whether it can serve."""

from django.http import HttpRequest, HttpResponse


def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")
