"""One process that holds long conversations with the demo bot and prints what messages cost."""

import json
import os
import statistics
import sys
import time
import uuid
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatbot_site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from chatbot_site.lib.ids import uuid7  # noqa: E402
from conversations import content  # noqa: E402
from conversations.models import Bot  # noqa: E402
from conversations.opening import conversation_id_new  # noqa: E402
from conversations.services.messages import NewMessage, message_accept  # noqa: E402
from conversations.turn import job_of, take_turn  # noqa: E402

CONVERSATIONS = 8
LENGTH = 210
EARLY, LATE = range(3, 13), range(195, 205)


def main(phrases: Path) -> None:
    call_command("migrate", verbosity=0)
    call_command("demo_load", verbosity=0)
    call_command("release_publish", bot="riverside", verbosity=0, json=True)
    content.refresh_running()
    texts = json.loads(phrases.read_text())
    early, late = [], []
    for _conversation in range(CONVERSATIONS):
        costs = converse(texts)
        early += [costs[place] for place in EARLY]
        late += [costs[place] for place in LATE]
    ratio = statistics.median(late) / statistics.median(early)
    result = {
        "ratio": ratio,
        "early_us": round(statistics.median(early) * 1e6),
        "late_us": round(statistics.median(late) * 1e6),
    }
    sys.stdout.write(json.dumps(result) + "\n")


def converse(texts: list[str]) -> list[float]:
    """CPU seconds of each message and its answer; the same words at the same distance."""
    subject, bot = uuid7(), Bot.objects.get()
    conversation = conversation_id_new(subject, bot.pk)
    costs = []
    for number in range(LENGTH):
        text = texts[number % 10]
        new = NewMessage(subject, conversation, uuid.uuid4(), "text", {"text": text}, "en")
        before = time.thread_time()
        job = job_of(message_accept(new), "text", new.body)
        assert job is not None
        take_turn(job)
        costs.append(time.thread_time() - before)
    return costs


if __name__ == "__main__":
    main(Path(sys.argv[1]))
