"""What each role may touch, as the migration makes it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group

from accounts.models import User
from accounts.policy import Role, may_enter_admin, roles_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
roles_make = import_module("conversations.migrations.0002_roles").roles_make

CONTENT = [
    "bot", "entity", "entityvalue", "intent", "outofscopeexample", "phrase", "reply", "replybutton",
    "replychoice",
]  # fmt: skip
EXPECTED = {
    "curator": sorted(
        [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in CONTENT]
        + ["add_release", "view_release", "view_conversation"]
    ),
    "agent": ["view_conversation"],
    "analyst": ["view_conversation", "view_release"],
    "compliance": ["view_datakey", "view_subject", "view_user"],
}


@pytest.fixture(autouse=True)
def roles() -> None:
    """As after the migration, also when a test before emptied the tables."""
    roles_make(apps)


def permissions_of(role: str) -> list[str]:
    names = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
    return sorted(names)


@pytest.mark.parametrize("role", EXPECTED)
def test_permissions(role: str) -> None:
    assert permissions_of(role) == EXPECTED[role]


def test_every_role_has_a_group_and_a_name() -> None:
    assert set(EXPECTED) == set(Role.values)
    assert [str(role.label) for role in Role] == [
        "Curator",
        "Agent",
        "Analyst",
        "Compliance officer",
    ]


@pytest.mark.parametrize("role", EXPECTED)
def test_nobody_may_open_what_people_wrote_in_the_admin(role: str) -> None:
    personal = {"message", "feedback", "turn", "event", "preferences"}
    assert not [name for name in permissions_of(role) if name.partition("_")[2] in personal]


def test_making_them_again_keeps_what_staff_added() -> None:
    group = Group.objects.get(name="agent")
    group.permissions.add(*Group.objects.get(name="analyst").permissions.all())
    roles_make(apps)
    assert permissions_of("agent") == EXPECTED["analyst"]
    assert Group.objects.filter(name__in=EXPECTED).count() == 4


def test_the_registry_of_models_is_left_as_it_was() -> None:
    assert apps.get_app_config("accounts").models_module is import_module("accounts.models")


def test_roles_of_people() -> None:
    assert roles_of(AnonymousUser()) == []
    assert roles_of(UserFactory()) == []
    user = UserFactory(role="compliance")
    user.groups.add(Group.objects.get(name="curator"), Group.objects.create(name="something else"))
    assert roles_of(user) == [Role.CURATOR, Role.COMPLIANCE]
    user.is_active = False
    assert roles_of(user) == []


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({}, False),
        ({"is_staff": True}, True),
        ({"is_staff": True, "is_active": False}, False),
        ({"is_superuser": True}, False),
    ],
)
def test_who_may_enter_the_admin(fields: dict[str, bool], *, may: bool) -> None:
    assert may_enter_admin(User(email="x@example.org", **fields)) is may
    assert not may_enter_admin(AnonymousUser())
