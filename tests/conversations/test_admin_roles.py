"""Who sees what of the admin: each role at each of our addresses."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from conversations.content import snapshot_of
from conversations.models import Release
from tests.conftest import signed_in
from tests.factories import (
    BotFactory,
    EntityFactory,
    IntentFactory,
    ReleaseFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

CONTENT = [
    "bot_changelist", "bot_add", "bot_change", "bot_delete", "bot_history", "bot_palette",
    "intent_changelist", "intent_add", "intent_change", "intent_delete", "intent_history",
    "entity_changelist", "entity_add", "entity_change", "entity_delete", "entity_history",
    "bot_publish", "release_rollback",
]  # fmt: skip
RELEASES = ["release_changelist", "release_change", "release_progress", "release_history"]
CONVERSATIONS = ["conversation_changelist"]
ALLOWED = {
    "curator": {*CONTENT, *RELEASES, *CONVERSATIONS},
    "agent": {*CONVERSATIONS},
    "analyst": {*RELEASES, *CONVERSATIONS},
    "compliance": set(),
}


@pytest.fixture
def addresses():
    """Every address of ours by its name."""
    bot = BotFactory()
    intent, entity = IntentFactory(bot=bot), EntityFactory(bot=bot)
    release = ReleaseFactory(bot=bot, content=snapshot_of(bot), state=Release.State.READY)
    rows: dict[str, Any] = {"bot": bot, "intent": intent, "entity": entity, "release": release}
    found = {}
    for name in (*CONTENT, *RELEASES, *CONVERSATIONS):
        model, _, page = name.partition("_")
        args = [] if page in ("changelist", "add", "palette") else [rows[model].pk]
        found[name] = reverse(f"admin:conversations_{name}", args=args)
    found["bot_palette"] += "?colour=%23112233"
    return found


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_sees_what_is_its_own(role, addresses):
    client = signed_in(UserFactory(role=role))
    seen = {name: client.get(address).status_code for name, address in addresses.items()}
    assert seen == {name: 200 if name in ALLOWED[role] else 403 for name in addresses}
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", ["agent", "analyst", "compliance"])
def test_a_foreign_role_can_not_publish_or_roll_back(role, addresses):
    client = signed_in(UserFactory(role=role))
    for name in ("bot_publish", "release_rollback"):
        assert client.post(addresses[name]).status_code == 403
    assert Release.objects.count() == 1


@pytest.mark.parametrize("role", ["agent", "analyst", "compliance"])
def test_home_shows_no_content_to_a_foreign_role(role, addresses):
    page = signed_in(UserFactory(role=role)).get("/admin/")
    assert page.context["cards"] == []
    titles = [str(group.get("title", "")) for group in page.context["sidebar_navigation"]]
    assert "Content" not in titles


def test_strangers_are_sent_to_sign_in(addresses, charlie_client):
    for address in addresses.values():
        answer = Client().get(address, follow=True)
        assert answer.redirect_chain[-1][0].startswith("/accounts/login/"), address
        assert charlie_client.get(address).status_code in (302, 403), address


def test_publishing_needs_a_form_of_this_site(addresses):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role="curator"))
    assert client.post(addresses["bot_publish"]).status_code == 403
    assert Release.objects.count() == 1
