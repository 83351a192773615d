"""Run as a child instead of `manage.py serve`: the same site with one fault built in.

`FAULT` names it; `FAULT_AT` is the message at which a process that is to die does so.
"""

import os
import sys

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatbot_site.settings"
    django.setup()
    # Models can be imported only now.
    from django.conf import settings  # noqa: PLC0415 - see above
    from django.core.management import call_command  # noqa: PLC0415 - see above

    from conversations import runner  # noqa: PLC0415 - see above
    from tests.faults.mutants import FAULTS  # noqa: PLC0415 - see above

    runner._runner = FAULTS[os.environ["FAULT"]](settings.TURN_THREADS)
    call_command("serve", *sys.argv[1:])


if __name__ == "__main__":
    main()
