"""`compile_translations`: makes changed catalogues readable for the site; quick when none did."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chatbot_site.management import catalogue


class Command(BaseCommand):
    help = "Compile the translation catalogues that changed; needs no gettext programs."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for path in catalogue.compile_stale(Path(folder)):
                self.stdout.write(f"compiled {path.relative_to(folder)}")
