"""Publish the draft of a bot: train it here, with progress, and let it go live."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations.management.reading import bot_named, release_as_json
from conversations.models import Release
from conversations.services.releases import release_publish, release_train

POLL_SECONDS = 0.5
SHOWN_EVERY = 0.1
FIGURES = {
    "accuracy_in_scope": "phrases understood rightly",
    "in_scope_kept": "phrases kept in scope",
    "oos_recall": "out-of-scope examples refused",
}


class Command(BaseCommand):
    _step = ""
    _shown = 0.0
    help = "Freezes the bot's draft as a new release, trains it and lets it go live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bot", required=True, metavar="SLUG")
        parser.add_argument("--note", default="", help="What changed, for the list of releases.")
        parser.add_argument("--force", action="store_true", help="Publish although a gate objects.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object only.")

    def handle(self, **options: Any) -> None:
        release = release_publish(bot=bot_named(options["bot"]), note=options["note"])
        if not release_train(release_id=release.pk, progress=self._show):
            self._wait(release)
        release.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(release_as_json(release, with_report=True)))
        else:
            self._print(release)
        if release.state != Release.State.READY:
            raise CommandError(f"Release {release.number} failed: {release.error}")

    def _show(self, step: str, done: float) -> None:
        if step != self._step or done >= self._shown + SHOWN_EVERY:
            self._step, self._shown = step, done
            self.stderr.write(f"{done:4.0%}  {step}")

    def _wait(self, release: Release) -> None:
        """A worker was quicker to take it: show what it does."""
        unfinished = {Release.State.QUEUED, Release.State.TRAINING}
        while release.state in unfinished:
            time.sleep(POLL_SECONDS)
            release.refresh_from_db(fields=["state", "step", "progress"])
            self._show(release.step, release.progress / 100)

    def _print(self, release: Release) -> None:
        report = release.report
        self.stdout.write(f"Release {release.number} of {release.bot.slug}: {release.state}")
        for key, label in FIGURES.items():
            share = report.get("metrics", {}).get(key)
            if share is not None:
                self.stdout.write(f"  {share:6.1%}  {label}")
        for code, accuracy in report.get("accuracy_by_language", {}).items():
            self.stdout.write(f"  {accuracy:6.1%}  understood rightly in {code}")
