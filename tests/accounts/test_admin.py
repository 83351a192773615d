"""People in the admin: accounts are made, closed, given roles; subjects and keys looked at."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import DataKey, Subject, User
from tests.conftest import signed_in
from tests.factories import PASSWORD, SubjectFactory, UserFactory

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"


@pytest.fixture
def root() -> Client:
    return signed_in(UserFactory(email="root@example.org", is_staff=True, is_superuser=True))


@pytest.fixture
def officer() -> Client:
    """A compliance officer with the rights of that role."""
    client = signed_in(user := UserFactory(role="compliance"))
    for name in ("user", "subject", "datakey"):
        permission = _permission(f"view_{name}")
        user.groups.get().permissions.add(permission)
    return client


def _permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename, content_type__app_label="accounts")


def listed(client: Client, query: str = "") -> list[str]:
    result = client.get(f"{USERS}{query}").context["cl"].result_list
    return sorted(user.email for user in result)


def test_the_admin_signs_in_through_the_site(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/accounts/user/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=%2Fadmin%2Faccounts%2Fuser%2F"
    assert client.post("/admin/login/", {"username": "root@example.org", "password": "x"})[
        "Location"
    ] == ("/accounts/login/?next=%2Fadmin%2Flogin%2F")


def test_people_without_a_role_are_told_that_it_is_not_for_them(alice_client: Client) -> None:
    response = alice_client.get("/admin/login/")
    assert response.status_code == 403
    assert "This page is not open to you" in response.content.decode()


def test_accounts_are_listed_searched_and_filtered_by_role(root: Client, bob: User) -> None:
    UserFactory(email="alice@example.org", name="Alice")
    everybody = ["alice@example.org", "bob@example.org", "root@example.org"]
    assert listed(root) == everybody
    assert listed(root, "?q=ALICE") == ["alice@example.org"]
    assert listed(root, f"?groups__id__exact={bob.groups.get().pk}") == ["bob@example.org"]
    assert listed(root, "?is_staff__exact=0") == ["alice@example.org"]
    assert "curator" in root.get(USERS).content.decode()


def test_the_list_asks_for_roles_once(
    root: Client, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(15):
        UserFactory(email=f"p{number}@example.org", role="agent")
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # pytest-django names no type
        root.get(USERS)


def test_an_account_is_made_in_small_letters(root: Client) -> None:
    data = {
        "email": "New@Example.org",
        "name": "New",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert root.post(f"{USERS}add/", data).status_code == 302
    user = User.objects.get(name="New")
    assert user.email == "new@example.org"
    assert user.check_password(PASSWORD)
    assert (user.is_staff, user.is_superuser) == (False, False)
    again = root.post(f"{USERS}add/", data | {"email": "NEW@example.org"})
    assert again.status_code == 200
    assert "There is already an account with this address." in again.content.decode()
    assert User.objects.count() == 2


def test_a_weak_password_makes_no_account(root: Client) -> None:
    data = {"email": "new@example.org", "usable_password": "true"}
    assert (
        root.post(f"{USERS}add/", data | {"password1": "1234", "password2": "1234"}).status_code
        == 200
    )
    assert User.objects.count() == 1


def test_a_superuser_gives_a_role_and_closes_an_account(root: Client, alice: User) -> None:
    group = Group.objects.get_or_create(name="agent")[0]
    page = f"{USERS}{alice.pk}/change/"
    data = {"name": "Alice", "is_staff": "on", "groups": [group.pk], "email": "evil@example.org"}
    assert root.post(page, data).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_active, alice.is_staff, alice.is_superuser) == (False, True, False)
    assert [one.name for one in alice.groups.all()] == ["agent"]
    assert alice.email == "alice@example.org", "owners change addresses, and prove the new one"


def test_a_password_is_set_through_its_form(root: Client, alice: User) -> None:
    page = f"{USERS}{alice.pk}/password/"
    assert root.get(page).status_code == 200
    data = {"password1": "another horse battery", "password2": "another horse battery"}
    assert root.post(page, data | {"usable_password": "true"}).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("another horse battery")
    assert "argon2" not in root.get(f"{USERS}{alice.pk}/change/").content.decode()


def test_nobody_deletes_an_account_here(root: Client, alice: User) -> None:
    assert root.get(f"{USERS}{alice.pk}/delete/").status_code == 403
    assert root.post(f"{USERS}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    root.post(USERS, {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"})
    assert User.objects.filter(pk=alice.pk).exists()


def test_who_is_no_superuser_makes_none(alice: User) -> None:
    editor = UserFactory(is_staff=True)
    editor.user_permissions.add(_permission("change_user"), _permission("view_user"))
    data = {"name": "Alice", "is_active": "on", "is_superuser": "on"}
    assert signed_in(editor).post(f"{USERS}{alice.pk}/change/", data).status_code == 302
    alice.refresh_from_db()
    assert not alice.is_superuser


def test_compliance_looks_and_changes_nothing(officer: Client, alice: User) -> None:
    subject = SubjectFactory()
    assert officer.get(f"{USERS}{alice.pk}/change/").status_code == 200
    assert officer.post(f"{USERS}{alice.pk}/change/", {"name": "Mallory"}).status_code == 403
    assert officer.get(f"{USERS}add/").status_code == 403
    page = officer.get("/admin/accounts/subject/").content.decode()
    assert str(subject.pk) in page
    page = officer.get("/admin/accounts/datakey/").content.decode()
    assert subject.key.kek_id in page
    assert subject.key.wrapped.hex() not in page
    alice.refresh_from_db()
    assert alice.name == "Alice"


@pytest.mark.parametrize("table", ["subject", "datakey"])
def test_subjects_and_keys_are_lists_only(root: Client, table: str) -> None:
    subject = SubjectFactory()
    row = subject.pk if table == "subject" else subject.key.pk
    for page in ("add/", f"{row}/change/", f"{row}/delete/", f"{row}/history/"):
        assert root.get(f"/admin/accounts/{table}/{page}").status_code in (302, 404)
    root.post(
        f"/admin/accounts/{table}/",
        {"action": "delete_selected", "_selected_action": [row], "post": "yes"},
    )
    assert (Subject.objects.filter(pk=subject.pk).count(), DataKey.objects.count()) == (1, 1)


def test_curators_do_not_see_people(bob_client: Client) -> None:
    for page in ("user", "subject", "datakey"):
        assert bob_client.get(f"/admin/accounts/{page}/").status_code == 403
