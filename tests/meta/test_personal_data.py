"""Every concrete field of every model is declared as personal data or as none, histories and Django's own included."""

from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from governance.erasure import stores
from profiles.models import CanonicalField
from profiles.personal_data import DECLARED, Erasure, Fields, concrete_fields, declare, declared_for, say


def undeclared() -> list[str]:
    """The lines to write."""
    return [
        f'{model._meta.app_label}/classified.py: in declare("{model._meta.label}", …) write '
        f'say("{field.name}", "<category>", "<sensitivity>", "<erasure>", "<reason>"),'
        for model, field in concrete_fields()
        if field.name not in declared_for(model)
    ]


def test_every_field_is_declared() -> None:
    assert not undeclared(), "\n".join(undeclared())


def test_an_undeclared_field_is_told_with_the_line_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: declared for name, declared in DECLARED["profiles.Flag"].items() if name != "note"}
    monkeypatch.setitem(DECLARED._entries, "profiles.Flag", known)
    (line,) = undeclared()
    assert 'profiles/classified.py: in declare("profiles.Flag", …) write say("note"' in line


def test_nothing_is_declared_that_is_not_there() -> None:
    there = {(model._meta.label, field.name) for model, field in concrete_fields()}
    said = {(label, name) for label, fields in DECLARED.items() for name in fields}
    assert said - there == set()


def test_histories_are_declared_with_their_models() -> None:
    histories = [model for model in apps.get_models() if hasattr(model, "history_id")]
    assert len(histories) >= 5
    assert all(declared_for(model) for model in histories)


def test_what_is_kept_has_a_reason_and_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        say("x", "none", "internal", "keep")
    with pytest.raises(ValueError, match="declared twice"):
        declare("profiles.Nowhere", say("x", "none", "internal", "delete"), say("x", "none", "internal", "delete"))
    assert isinstance(say("a b", "none", "public", "delete"), Fields)


@pytest.mark.parametrize("column", ["payload", "attributes", "value", "text"])
def test_values_of_customers_never_survive_an_erasure(column: str) -> None:
    found = [
        fields[column]
        for label, fields in DECLARED.items()
        if column in fields and label.partition(".")[0] in ("profiles", "matching")
    ]
    assert found
    assert all(declared.erasure != Erasure.KEEP for declared in found)


@pytest.mark.django_db
def test_canonical_fields_carry_the_same_three() -> None:
    from tests.cast import Cast

    Cast()
    for field in CanonicalField.objects.all():
        assert field.category and field.sensitivity and field.erasure
    names = {field.name for field in CanonicalField._meta.get_fields()}
    assert {"category", "sensitivity", "erasure", "erasure_reason"} <= names


@pytest.mark.django_db
def test_the_data_dictionary_is_the_administrators(django_assert_max_num_queries: object) -> None:
    from tests.cast import Cast

    cast, client, url = Cast(), Client(), reverse("profiles:data-dictionary")
    client.force_login(cast.ada)
    assert client.get(url).status_code == 403
    client.force_login(cast.root)
    with django_assert_max_num_queries(20):
        page = client.get(url).content.decode()
    for said in (
        "profiles.SourceRecord",
        "matching.HistoricalMatchModel",
        "As received: anything may be in it.",
        "Birth date",
    ):
        assert said in page
    fields = client.get(url, {"as": "json"}).json()["fields"]
    assert {"customer", *DECLARED} == {field["table"] for field in fields}
    lines = client.get(url, {"as": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(lines) >= len(fields) + 1 and lines[0].startswith("table,field,")


@pytest.mark.django_db
def test_erasure_finds_the_rows_of_every_model_that_it_does_not_keep() -> None:
    """A model that leads to no record and no customer fails with the line to write."""
    found = stores.stores()
    wanted = {
        label for label, fields in DECLARED.items() if any(one.erasure != Erasure.KEEP for one in fields.values())
    }
    assert set(found) == wanted
    somebody = stores.Subject((uuid4(),), (1, 2))
    assert {label: store.left(somebody).count() for label, store in found.items()} == dict.fromkeys(found, 0)
    with pytest.raises(stores.NoWay, match=r"LINKS.register\('profiles.User'"):
        stores.derived(apps.get_model("profiles.User"))
