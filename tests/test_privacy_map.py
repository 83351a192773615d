"""Every field of every table of ours says whether it is personal, and what becomes of it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from accounts.crypto import EncryptedTextField
from chatbot_site.lib.datamap import DataClass, Erasure, FieldPrivacy

OUR_APPS = ("accounts", "conversations", "analytics")
# Historical rows would be tables of ours without declarations; through tables hold two keys only.
MODELS = [
    model
    for label in OUR_APPS
    for model in apps.get_app_config(label).get_models(include_auto_created=False)
]


def declared(model: type[models.Model]) -> tuple[dict[str, FieldPrivacy], tuple[str, ...]]:
    return dict(getattr(model, "privacy", {})), tuple(getattr(model, "not_personal", ()))


def field_names(model: type[models.Model]) -> Iterator[str]:
    """Own fields by the name in the source; a translated field stands for its languages."""
    translations = {
        field.name for field in model._meta.get_fields() if hasattr(field, "translated_field")
    }
    for field in (*model._meta.fields, *model._meta.many_to_many):
        if field.name not in translations:
            yield field.name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_declared_once(model: type[models.Model]) -> None:
    personal, rest = declared(model)
    assert sorted([*personal, *rest]) == sorted(field_names(model))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_declaration_is_complete(model: type[models.Model]) -> None:
    for name, privacy in declared(model)[0].items():
        assert isinstance(privacy, FieldPrivacy), name
        assert privacy.purpose, name
        assert privacy.retention, name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_what_is_sealed_dies_with_the_key(model: type[models.Model]) -> None:
    personal, _rest = declared(model)
    for field in model._meta.fields:
        if isinstance(field, EncryptedTextField):
            assert personal[field.name].erasure is Erasure.DESTROY_KEY, field.name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_secrets_are_never_exported(model: type[models.Model]) -> None:
    for name, privacy in declared(model)[0].items():
        assert not (privacy.kind is DataClass.SECRET and privacy.export), name
