"""Serves the site; in the demo it first makes itself ready: tables, content, a published bot."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.services.demo import demo_logins
from conversations import content
from conversations.models import Bot
from conversations.services.demo import SLUG


class Command(BaseCommand):
    help = "Serve the site over HTTP and websockets until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("compile_translations", verbosity=0)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        if settings.DEMO:
            self._prepare()
        # Importing the application reads all routes; the tables must be there before.
        from chatbot_site.asgi import application  # noqa: PLC0415
        from chatbot_site.lifespan import start_background  # noqa: PLC0415
        from chatbot_site.server import serve  # noqa: PLC0415 - installs the reactor

        start_background()
        address = f"http://{options['host']}:{options['port']}"
        serve(
            application,
            host=options["host"],
            port=options["port"],
            ready=lambda: self._announce(address),
        )

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("demo_load", verbosity=0)
        if not Bot.objects.filter(slug=SLUG, live_release__isnull=False).exists():
            self._say("Teaching the demo bot; this takes about a minute the first time.")
            call_command("release_publish", bot=SLUG, note="First release")
        content.refresh_running()

    def _announce(self, address: str) -> None:
        self._say(f"The site is at {address}/ - the admin at {address}/admin/")
        if settings.DEMO:
            for role, email, password in demo_logins():
                self._say(f"{role}  {email}  {password}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()
