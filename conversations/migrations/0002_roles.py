"""Makes the groups that staff roles are, with what each may do in the admin.

It stands here and not in `accounts` because it names tables of this app.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEW = ("view",)
EDIT = ("add", "change", "delete", "view")
CONTENT = (
    "bot", "intent", "phrase", "outofscopeexample", "entity", "entityvalue", "reply", "replychoice",
    "replybutton",
)

# Group -> (app, model) -> verbs. No page that these open shows what people wrote.
ROLES = {
    "curator": {
        **{("conversations", model): EDIT for model in CONTENT},
        ("conversations", "release"): ("add", "view"),
        ("conversations", "conversation"): VIEW,
    },
    "agent": {("conversations", "conversation"): VIEW},
    "analyst": {("conversations", model): VIEW for model in ("release", "conversation")},
    "compliance": {("accounts", model): VIEW for model in ("user", "subject", "datakey")},
}


def roles_make(apps, schema_editor=None):
    """Groups with their permissions; what staff added to a group by hand stays."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    _make_permissions(apps)
    for name, tables in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        for (app, model), verbs in tables.items():
            found = Permission.objects.filter(
                content_type__app_label=app,
                content_type__model=model,
                codename__in=[f"{verb}_{model}" for verb in verbs],
            )
            group.permissions.add(*found)


def _make_permissions(apps):
    # Django makes them after the last migration, which is too late for this one.
    for label in ("accounts", "conversations"):
        config = apps.get_app_config(label)
        module = getattr(config, "models_module", None)
        config.models_module = module or True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = module


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("conversations", "0001_initial"),
    ]

    operations = [migrations.RunPython(roles_make, migrations.RunPython.noop, elidable=False)]
