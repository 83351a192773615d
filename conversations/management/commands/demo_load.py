"""Make the demo: the bot of a clinic in every language of the site, and one account per role."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.services.demo import demo_accounts_ensure
from conversations.services.demo import SLUG, DemoFilesError, DemoLoaded, demo_load


class Command(BaseCommand):
    help = "Makes the demo bot and, on demo sites, its accounts; leaves alone what is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="Give the demo bot back its original content."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object only.")

    def handle(self, **options: Any) -> None:
        try:
            loaded = demo_load(reset=options["reset"])
        except DemoFilesError as error:
            raise CommandError(str(error)) from error
        accounts = demo_accounts_ensure() if settings.DEMO else []
        if options["json"]:
            facts = {"bot": SLUG, **asdict(loaded), "accounts_made": accounts}
            self.stdout.write(json.dumps(facts))
        elif options["verbosity"] > 0:
            self._tell(loaded, accounts)

    def _tell(self, loaded: DemoLoaded, accounts: list[str]) -> None:
        did = "written" if loaded.written else "left as it is (--reset restores it)"
        self.stdout.write(
            f"Bot {SLUG}: {loaded.intents} intents, {loaded.phrases} phrases in "
            f"{', '.join(loaded.languages)}: {did}."
        )
        if not settings.DEMO:
            self.stdout.write("No accounts: DEMO is off.")
        elif accounts:
            self.stdout.write(f"Accounts made: {', '.join(accounts)}.")
        else:
            self.stdout.write("Accounts: all there.")
