"""`messages_collect`: brings the catalogues up to date with the texts in the source."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chatbot_site.management import catalogue

FOLDERS = ("accounts", "analytics", "chatbot_site", "conversations", "templates")
SOURCE_LANGUAGE = "en"


def languages() -> list[str]:
    """The languages that need a catalogue: all of the product's but the one of the source."""
    return [code for code, _name in settings.ALL_LANGUAGES if code != SOURCE_LANGUAGE]


def catalogue_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


class Command(BaseCommand):
    help = "Collect new texts into locale/, keep translations, drop what is no longer used."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        texts = catalogue.collect(settings.BASE_DIR, FOLDERS)
        for language in languages():
            path = catalogue_path(language)
            merged = catalogue.merge(texts, path, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            merged.save(str(path))
            left = len(merged.untranslated_entries())
            self.stdout.write(f"{language}: {len(merged)} texts, {left} to translate")
