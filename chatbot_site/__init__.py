"""Wiring of the site: settings, routes, servers. It knows every app; only `lib` is known to them."""

from chatbot_site.celery import app as celery_app

__all__ = ["celery_app"]
