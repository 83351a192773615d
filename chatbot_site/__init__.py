"""Wiring of the site: settings, routes, servers. It knows every app; they know only `lib`."""

import os

# One thread for linear algebra: a message is small, and many processes share the machine. Must be
# said before numpy is first imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from chatbot_site.celery import app as celery_app  # noqa: E402 - after the variables above

__all__ = ["celery_app"]
