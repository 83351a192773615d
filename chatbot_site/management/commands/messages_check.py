"""`messages_check`: fails unless every text is translated into every language."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatbot_site.management import catalogue
from chatbot_site.management.commands.messages_collect import FOLDERS, catalogue_path, languages


class Command(BaseCommand):
    help = "Fail for missing, unreviewed or unused translations and for broken placeholders."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        texts = catalogue.collect(settings.BASE_DIR, FOLDERS)
        wrong = [
            f"{language}: {problem}"
            for language in languages()
            for problem in catalogue.problems(texts, catalogue_path(language), language)
        ]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"{len(texts)} texts in {len(languages()) + 1} languages")
