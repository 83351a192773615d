"""Run once as a child: tables, a bot that talks, sessions of visitors; prints them as JSON."""

import json
import os
import sys

import django

VISITORS = 64


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatbot_site.settings"
    django.setup()
    # Models can be imported only now.
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415 - see above
    from django.core.management import call_command  # noqa: PLC0415 - see above

    from chatbot_site.lib.ids import uuid7  # noqa: PLC0415 - see above
    from tests.conversations.talking import talking_bot  # noqa: PLC0415 - see above

    call_command("migrate", verbosity=0, interactive=False)
    talking_bot()
    keys = []
    for _number in range(VISITORS):
        session = SessionStore()
        session["subject"] = str(uuid7())
        session.create()
        keys.append(session.session_key)
    json.dump(keys, sys.stdout)


if __name__ == "__main__":
    main()
