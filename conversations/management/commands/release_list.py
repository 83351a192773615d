"""List the releases of one bot or of all."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from conversations.management.reading import bot_named, release_as_json
from conversations.models import Release


class Command(BaseCommand):
    help = "Lists releases, newest first; a star marks the live one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bot", metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="Print one JSON object only.")

    def handle(self, **options: Any) -> None:
        found = Release.objects.select_related("bot").defer("content")
        if options["bot"]:
            found = found.filter(bot=bot_named(options["bot"]))
        rows = [release_as_json(release) for release in found.order_by("bot_id", "-number")]
        if options["json"]:
            self.stdout.write(json.dumps({"releases": rows}))
            return
        for row in rows:
            mark = "*" if row["live"] else " "
            self.stdout.write(
                f"{mark} {row['bot']} {row['number']:>4}  {row['state']:<9} "
                f"{row['created_at'][:16]}  {row['note']}"
            )
