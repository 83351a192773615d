"""Serve an earlier release of a bot again."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatbot_site.lib.errors import ApplicationError
from conversations.management.reading import bot_named, release_as_json
from conversations.services.releases import release_rollback


class Command(BaseCommand):
    help = "Makes an earlier release of a bot its live one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bot", required=True, metavar="SLUG")
        parser.add_argument("--to", required=True, type=int, metavar="NUMBER")
        parser.add_argument("--json", action="store_true", help="Print one JSON object only.")

    def handle(self, **options: Any) -> None:
        bot = bot_named(options["bot"])
        try:
            release = release_rollback(bot=bot, to=options["to"])
        except ApplicationError as refusal:
            raise CommandError(f"{refusal.code}: {refusal.message}") from refusal
        if options["json"]:
            self.stdout.write(json.dumps(release_as_json(release)))
        else:
            self.stdout.write(f"{bot.slug} answers with release {release.number} again.")
