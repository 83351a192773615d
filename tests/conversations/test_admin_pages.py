"""The pages of bots, entities, releases and conversations, and the home page."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from conversations.admin.changes import Lines, changes_between
from conversations.admin.reports import report_view
from conversations.content import snapshot_of
from conversations.models import Bot, Entity, EntityValue, OutOfScopeExample, Release
from tests.factories import (
    BotFactory,
    ConversationFactory,
    EntityFactory,
    EntityValueFactory,
    IntentFactory,
    OutOfScopeExampleFactory,
    PhraseFactory,
    ReleaseFactory,
)

pytestmark = pytest.mark.django_db
CONFUSION = {
    "text": "<b>when</b>",
    "language": "en",
    "true": "hours",
    "predicted": "gone",
    "confidence": 0.61,
}
REPORT = {
    "lines": 10,
    "metrics": {"accuracy_in_scope": 0.956, "in_scope_kept": 0.95, "oos_recall": None},
    "accuracy_by_language": {"de": 0.9, "en": 1.0},
    "phrases": {"hours": {"de": 6, "en": 4}, "gone": {"en": 2}, "oos": {"en": 30}},
    "confused": [{"intents": ["gone", "hours"], "count": 2, "phrases": [CONFUSION]}],
}


def page_of(row, name="change"):
    return reverse(f"admin:conversations_{row._meta.model_name}_{name}", args=[row.pk])


def bot_fields(**fields):
    return {
        "slug": "clinic",
        "tone": "warm",
        "colour": "#0f6e6a",
        "languages": ["en", "de"],
        "default_language": "en",
        "answer_threshold": 0.45,
        "clarify_threshold": 0.2,
        "keep_percent": 95,
        "name_en": "Clinic",
        **fields,
    }


def test_a_bot_is_made(bob_client):
    url = "/admin/conversations/bot/add/"
    assert bob_client.get(url).status_code == 200
    answer = bob_client.post(url, bot_fields(out_of_scope_de="Wie wird das Wetter\r\nWitz"))
    assert answer.status_code == 302, answer.context["errors"]
    bot: Any = Bot.objects.get()
    assert (bot.name_en, bot.languages, bot.colour) == ("Clinic", ["en", "de"], "#0f6e6a")
    assert OutOfScopeExample.objects.filter(bot=bot, language="de").count() == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"languages": []}, "languages"),
        ({"languages": ["de"], "default_language": "en"}, "default_language"),
        ({"languages": ["tlh"]}, "languages"),
        ({"name_en": ""}, "name_en"),
        ({"colour": "red"}, "colour"),
        ({"answer_threshold": 1.1}, "answer_threshold"),
        ({"clarify_threshold": 0.5}, "clarify_threshold"),
        ({"keep_percent": 20}, "keep_percent"),
        ({"slug": "ä b"}, "slug"),
    ],
)
def test_a_wrong_bot_is_refused(bob_client, fields, field):
    answer = bob_client.post("/admin/conversations/bot/add/", bot_fields(**fields))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert Bot.objects.count() == 0


def test_starters_are_the_bots_own_and_four_at_most(bob_client):
    bot = BotFactory(languages=["en"])
    own = [IntentFactory(bot=bot).pk for _index in range(5)]
    foreign = IntentFactory().pk
    for starters in (own, [foreign]):
        fields = bot_fields(languages=["en"], starters=starters)
        answer = bob_client.post(page_of(bot), fields)
        assert list(answer.context["form"].errors) == ["starters"]
        assert bot.starters.count() == 0
    fields = bot_fields(languages=["en"], starters=own[:4])
    assert bob_client.post(page_of(bot), fields).status_code == 302
    assert set(bot.starters.values_list("pk", flat=True)) == set(own[:4])


def test_out_of_scope_lines_leave_a_trace(bob_client):
    bot = BotFactory(languages=["en"])
    OutOfScopeExampleFactory(bot=bot, text="weather")
    fields = bot_fields(languages=["en"], out_of_scope_en="joke\r\npizza")
    assert bob_client.post(page_of(bot), fields).status_code == 302
    said = LogEntry.objects.get().get_change_message()
    assert said.endswith("Out-of-scope examples in English: 2 added, 1 removed.")


def test_the_palette_tells_when_a_colour_is_adjusted(bob_client):
    url = reverse("admin:conversations_bot_palette")
    fine = bob_client.get(url, {"colour": "#0f6e6a"}).json()
    assert (fine["adjusted"], fine["accent_light"]) == (False, "#0f6e6a")
    assert bob_client.get(url, {"colour": "#ffee00"}).json()["adjusted"] is True
    assert bob_client.get(url, {"colour": "javascript:"}).status_code == 400
    page = bob_client.get(page_of(BotFactory(colour="#ffee00")))
    assert page.context["palette"]["adjusted"] is True


def test_an_entity_with_values_and_synonyms(bob_client):
    bot = BotFactory(languages=["en", "de"])
    url = "/admin/conversations/entity/add/"
    assert bob_client.get(url).context["form"].codes == ["en", "de"]
    fields = {
        "bot": bot.pk,
        "name": "weekday",
        "values_en": "Tuesday | Tue\r\nFriday",
        "values_de": "",
    }
    assert bob_client.post(url, fields).status_code == 302
    entity = Entity.objects.get()
    rows = EntityValue.objects.order_by("pk").values_list("language", "value", "synonyms")
    assert list(rows) == [("en", "Tuesday", "Tue"), ("en", "Friday", "")]
    again = bob_client.get(page_of(entity)).context["form"]
    assert again["values_en"].value() == "Tuesday | Tue\nFriday"
    assert bob_client.post(page_of(entity), {"name": "Week Day"}).status_code == 200
    assert (
        bob_client.post(page_of(entity), {"name": "weekday", "values_en": "| x"}).status_code == 200
    )
    assert EntityValue.objects.count() == 2


def test_lists_show_counts(bob_client):
    EntityValueFactory(entity=EntityFactory(name="weekday"))
    assert "weekday" in bob_client.get("/admin/conversations/entity/?q=weekday").content.decode()
    bot = BotFactory(name="Clinic")
    IntentFactory(bot=bot)
    html = bob_client.get("/admin/conversations/bot/").content.decode()
    assert "Clinic" in html
    assert "not published yet" in html


def test_publishing_says_what_changes_and_then_queues_a_release(bob_client, bob):
    bot = BotFactory(languages=["en", "de"], name="Clinic")
    hours = IntentFactory(bot=bot, name="hours")
    PhraseFactory(intent=hours, text="open?")
    live = ReleaseFactory(bot=bot, content=snapshot_of(bot), state=Release.State.READY)
    bot.live_release = live
    bot.save()
    PhraseFactory(intent=hours, text="until when")
    PhraseFactory(intent=IntentFactory(bot=bot, name="parking"), language="de", text="parken")
    hours.phrases.filter(text="open?").delete()

    page = bob_client.get(page_of(bot, "publish"))
    changes = page.context["changes"]
    assert (changes.added, changes.changed, changes.removed) == (("parking",), ("hours",), ())
    assert changes.phrases == (Lines("en", 1, 1), Lines("de", 1, 0))
    assert "Phrases in English: 1 added, 1 removed." in page.content.decode()
    assert Release.objects.count() == 1

    answer = bob_client.post(page_of(bot, "publish"), {"note": " For Monday "})
    release = Release.objects.latest("pk")
    assert answer.url == page_of(release)
    assert (release.number, release.note, release.created_by) == (
        live.number + 1,
        "For Monday",
        bob,
    )
    assert LogEntry.objects.get().get_change_message() == f"Published as release {release.number}."
    assert bob_client.get(page_of(bot, "publish")).context["unfinished"] == release


def test_changes_name_everything_that_differs():
    bot = BotFactory()
    IntentFactory(bot=bot, name="hours")
    draft = snapshot_of(bot)
    assert not changes_between(draft, draft)
    first = changes_between(None, draft)
    assert (first.is_first, first.added, first.others) == (True, ("hours",), frozenset())
    other = {**draft, "bot": {**draft["bot"], "colour": "#000000"}, "intents": {}}
    changes = changes_between(draft, other)
    assert (changes.removed, changes.others) == (("hours",), frozenset({"bot"}))


def test_a_release_in_training_shows_and_tells_its_progress(bob_client):
    release = ReleaseFactory(state=Release.State.TRAINING, progress=36, step="held-out scores")
    html = bob_client.get(page_of(release)).content.decode()
    assert f'data-progress="{page_of(release, "progress")}"' in html
    assert bob_client.get(page_of(release, "progress")).json() == {
        "state": "training",
        "label": "Training",
        "progress": 36,
        "step": "Testing each phrase on what the others teach",
        "done": False,
    }
    Release.objects.update(state=Release.State.FAILED, error="The training ended too early.")
    assert bob_client.get(page_of(release, "progress")).json()["done"] is True
    html = bob_client.get(page_of(release)).content.decode()
    assert "The training ended too early." in html
    assert "data-progress" not in html
    assert "rollback" not in html


def test_a_report_as_people_read_it(bob_client):
    bot = BotFactory(languages=["en", "de"])
    hours = IntentFactory(bot=bot, name="hours")
    view = report_view(REPORT, bot.pk)
    assert view is not None
    assert (view.accuracy, view.kept, view.rejected, view.phrases) == (95, 95, None, 12)
    assert [(line.name, line.percent, line.phrases, line.intents) for line in view.languages] == [
        ("English", 100, 6, 2),
        ("German", 90, 6, 1),
    ]
    assert view.pairs[0].intents == (("gone", None), ("hours", hours.pk))
    release = ReleaseFactory(
        bot=bot, state=Release.State.READY, report=REPORT, finished_at=timezone.now()
    )
    html = bob_client.get(page_of(release)).content.decode()
    assert "&lt;b&gt;when&lt;/b&gt;" in html
    assert f'href="{page_of(hours)}"' in html
    assert "a phrase of hours, taken for gone (61 % sure)" in html


@pytest.mark.parametrize("report", [{}, {"metrics": {}}, {"metrics": {"accuracy_in_scope": None}}])
def test_a_report_without_figures_is_no_error(bob_client, report):
    release = ReleaseFactory(state=Release.State.READY, report=report)
    assert bob_client.get(page_of(release)).status_code == 200


def test_rolling_back_asks_and_refuses_what_has_no_model(bob_client):
    bot = BotFactory()
    old = ReleaseFactory(bot=bot, number=1, state=Release.State.READY, content=snapshot_of(bot))
    new = ReleaseFactory(bot=bot, number=2, state=Release.State.READY, content=snapshot_of(bot))
    bot.live_release = new
    bot.save()
    html = bob_client.get(page_of(old, "rollback")).content.decode()
    assert "Roll back to release 1" in html
    assert bob_client.post(page_of(new, "rollback")).url == page_of(new)
    answer = bob_client.post(page_of(old, "rollback"), follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["This release can't go live: it has no usable trained model."]
    assert Bot.objects.get().live_release == new
    assert LogEntry.objects.count() == 0


def test_releases_can_not_be_changed_or_deleted(bob_client):
    release = ReleaseFactory(note="first")
    assert bob_client.post(page_of(release), {"note": "second"}).status_code == 403
    assert bob_client.post(page_of(release, "delete"), {"post": "yes"}).status_code == 403
    assert bob_client.get("/admin/conversations/release/add/").status_code == 403
    assert Release.objects.get().note == "first"


def test_the_list_of_releases_does_not_read_their_content(
    bob_client, django_assert_max_num_queries
):
    for _index in range(20):
        ReleaseFactory(content={"secret": "x"})
    with django_assert_max_num_queries(12) as context:
        assert bob_client.get("/admin/conversations/release/").status_code == 200
    assert not any(
        '"content"' in query["sql"].partition("FROM")[0] for query in context.captured_queries
    )


def test_home_teaches_the_first_steps_and_then_shows_what_is_left(bob_client):
    assert "Start with a bot" in bob_client.get("/admin/").content.decode()
    bot = BotFactory(languages=["en", "de"], name="Clinic")
    html = bob_client.get("/admin/").content.decode()
    assert "Start with an intent" in html
    assert f"/admin/conversations/intent/add/?bot={bot.pk}" in html
    intent = IntentFactory(bot=bot)
    for index in range(8):
        PhraseFactory(intent=intent, text=f"open {index}")
    live = ReleaseFactory(
        bot=bot, content=snapshot_of(bot), state=Release.State.READY, report=REPORT
    )
    bot.live_release = live
    bot.save()
    ReleaseFactory(bot=bot, number=live.number + 1, state=Release.State.FAILED)
    Release.objects.filter(pk=live.pk).update(error="The trained model can't be read.")
    assert "The trained model can&#x27;t be read." in bob_client.get("/admin/").content.decode()
    card = bob_client.get("/admin/").context["cards"][0]
    assert (card.live, card.has_failed, card.report.accuracy) == (live, True, 95)
    assert not card.changes
    assert [(language.code, language.phrases, language.gaps) for language in card.languages] == [
        ("en", 8, 0),
        ("de", 0, 1),
    ]
    PhraseFactory(intent=intent, text="one more")
    assert bob_client.get("/admin/").context["cards"][0].changes


def test_conversations_are_listed_without_a_word_of_them(bob_client):
    conversation = ConversationFactory(language="ar", state={"said": "secret"})
    html = bob_client.get("/admin/conversations/conversation/").content.decode()
    assert "Arabic" in html
    assert "secret" not in html
    for page in ("change", "delete", "history"):
        url = f"/admin/conversations/conversation/{conversation.pk}/{page}/"
        assert bob_client.get(url).status_code == 404


@pytest.mark.parametrize("language", ["en", "ar"])
def test_only_the_admin_may_evaluate_scripts(bob_client, client, language):
    bob_client.cookies["language"] = language
    policy = bob_client.get("/admin/").headers["Content-Security-Policy"]
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert "'unsafe-eval'" in parts["script-src"]
    assert "unsafe-inline" not in policy
    for path in ("/", "/accounts/login/", "/nowhere/", "/admin-not/"):
        assert "unsafe-eval" not in client.get(path).headers["Content-Security-Policy"]


def test_the_navigation_is_grouped(bob_client):
    groups = bob_client.get("/admin/").context["sidebar_navigation"]
    shown = [
        (str(group.get("title", "")), [str(i["title"]) for i in group["items"]]) for group in groups
    ]
    assert shown == [
        ("", ["Home"]),
        ("Content", ["Bots", "Intents", "Entities"]),
        ("Releases", ["Releases"]),
        ("Conversations", ["Conversations"]),
    ]


def test_every_page_of_the_admin_is_free_of_inline_code(bob_client):
    bot = BotFactory()
    pages = ["/admin/", "/admin/conversations/intent/", page_of(bot), page_of(bot, "publish")]
    pages += [page_of(ReleaseFactory(bot=bot)), "/admin/conversations/intent/add/"]
    for page in pages:
        html = bob_client.get(page).content.decode()
        assert "<style" not in html
        assert ' style="' not in html
        assert " onclick=" not in html
        assert json.dumps("//cdn") not in html
        assert "http://" not in html.replace("http://testserver", "").replace(
            "http://www.w3.org", ""
        )
