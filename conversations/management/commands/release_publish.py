"""Publish the draft of a bot: train it here, with progress, and let it go live."""

import json
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations.models import Bot, Release
from conversations.reports import figures_of
from conversations.services.releases import release_publish, release_train

POLL_SECONDS = 0.5


class Command(BaseCommand):
    help = "Freezes the bot's draft as a new release, trains it and lets it go live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bot", required=True, metavar="SLUG")
        parser.add_argument("--note", default="", help="What changed, for the list of releases.")
        parser.add_argument("--force", action="store_true", help="Publish although a gate objects.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, **options: Any) -> None:
        bot = Bot.objects.filter(slug=options["bot"]).first()
        if bot is None:
            raise CommandError(f"There is no bot {options['bot']!r}.")
        release = release_publish(bot=bot, note=options["note"])
        done = threading.Event()
        self._train(release, done)
        release.refresh_from_db()
        self._tell(release, as_json=options["json"])
        if release.state != Release.State.READY:
            sys.exit(1)
