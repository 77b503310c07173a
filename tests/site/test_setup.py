"""Set-up in the admin: a draft is edited, a publication shows what it changes and freezes it; all of it is recorded."""

import json
import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from matching import models_in_force
from matching.models import MatchModel
from profiles import schema
from profiles.models import AuditEvent, BlockedValue, CanonicalField, Job, SchemaVersion, Source
from tests.cast import Cast, send
from tests.databases import as_owner

pytestmark = pytest.mark.django_db

LISTS = [
    *(f"profiles_{name}" for name in ("source", "fieldmapping", "canonicalfield", "blockedvalue", "schemaversion", "user")),
    "matching_matchmodel",
    "auth_group",
]  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    cast.root.is_staff = True
    cast.root.save()
    return cast


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.root)
    return client


def source_form(source: Source, **changes: object) -> dict[str, object]:
    """What the page of a source posts."""
    plain = {
        name: getattr(source, name)
        for name in ("name", "owner", "trust", "region", "import_mode", "id_column", "version_column", "date_format",
                     "delimiter", "encoding", "default_party_kind")
    }  # fmt: skip
    data = {**plain, "is_active": "on"}
    for prefix in ("mappings", "sourceusergrant_set", "sourcegroupgrant_set"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return {**data, **changes}


def errors(page: object) -> str:
    return " ".join(re.findall(r"errorlist[^>]*>(.*?)</ul>", page.content.decode(), re.S))


# ---- who and where -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_the_set_up_opens_for_an_administrator_only(cast: Cast, client: Client, name: str) -> None:
    url = reverse(f"admin:{name}_changelist")
    assert client.get(url).status_code == 200
    cast.ada.is_staff = True
    cast.ada.save()
    client.force_login(cast.ada)
    assert client.get(url).status_code == 403


def test_no_link_of_the_set_up_is_dead(cast: Cast, client: Client) -> None:
    client.post(reverse("admin:profiles_source_change", args=[cast.shop.pk]), source_form(cast.shop, trust=55))
    seen, todo = set(), [reverse("admin:index"), reverse("home")]
    while todo:
        url = todo.pop()
        if url in seen:
            continue
        seen.add(url)
        response = client.get(url)
        assert response.status_code in (200, 302), url
        links = (
            re.findall(r'href="(/[^"#]*|\?[^"#]*)"', response.content.decode()) if response.status_code == 200 else []
        )
        if url.startswith("/admin/") and "?" not in url:
            todo += [link.replace("&amp;", "&") for link in links if not link.startswith(("?", "/static/"))]
    assert reverse("admin:profiles_source_history", args=[cast.shop.pk]) in seen
    assert reverse("admin:index") in client.get(reverse("home")).content.decode()


def test_an_administrator_makes_no_superuser(cast: Cast, client: Client) -> None:
    url = reverse("admin:profiles_user_change", args=[cast.eve.pk])
    assert client.get(url).status_code == 302  # asks for the password again
    client.post(f"/accounts/reauthenticate/?next={url}", {"password": "a-long-password"})
    page = client.get(url).content.decode()
    assert 'name="is_superuser"' not in page
    assert 'name="groups"' in page


# ---- sources -----------------------------------------------------------------------------------------------------------


def test_a_changed_source_is_recorded_and_has_a_history(cast: Cast, client: Client) -> None:
    url = reverse("admin:profiles_source_change", args=[cast.shop.pk])
    assert client.post(url, source_form(cast.shop, trust=77, unique_fields=["loyalty_id"])).status_code == 302
    cast.shop.refresh_from_db()
    assert (cast.shop.trust, cast.shop.unique_fields) == (77, ["loyalty_id"])
    assert AuditEvent.objects.get(action="source.changed").detail == {"source": "shop"}
    assert cast.shop.history.first().history_user == cast.root
    assert "root" in client.get(reverse("admin:profiles_source_history", args=[cast.shop.pk])).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [("region", "ZZ", "two letters"), ("date_format", "%d/%m", "day, month and year"), ("encoding", "utf-9", "no such"), ("encoding", "undefined", "no such"),
     ("trust", 101, "less than or equal to 100"), ("unique_fields", ["email"], "Select a valid choice")],
)  # fmt: skip
def test_a_source_that_could_not_be_read_is_refused(
    cast: Cast, client: Client, field: str, value: object, says: str
) -> None:
    url = reverse("admin:profiles_source_change", args=[cast.shop.pk])
    page = client.post(url, source_form(cast.shop, **{field: value}))
    assert page.status_code == 200
    assert says in errors(page)


def test_a_mapping_to_nowhere_is_refused(cast: Cast, client: Client) -> None:
    url = reverse("admin:profiles_source_change", args=[cast.shop.pk])
    new = {
        "mappings-TOTAL_FORMS": 1,
        "mappings-0-column": "x",
        "mappings-0-target": "emial",
        "mappings-0-source": cast.shop.pk,
    }
    assert "no such field" in errors(client.post(url, source_form(cast.shop, **new)))
    assert client.post(url, source_form(cast.shop, **{**new, "mappings-0-target": "free:hobby"})).status_code == 302
    assert cast.shop.mappings.filter(column="x", target="free:hobby").exists()


def test_grants_are_given_and_withdrawn_on_the_source_and_recorded(cast: Cast, client: Client) -> None:
    from django.contrib.auth.models import Permission

    url = reverse("admin:profiles_source_change", args=[cast.shop.pk])
    view = Permission.objects.get(codename="view_source", content_type__app_label="profiles")
    row = {"sourceusergrant_set-TOTAL_FORMS": 1, "sourceusergrant_set-0-user": cast.eve.pk,
           "sourceusergrant_set-0-permission": view.pk, "sourceusergrant_set-0-content_object": cast.shop.pk}  # fmt: skip
    assert client.post(url, source_form(cast.shop, **row)).status_code == 302
    assert cast.shop in Source.objects.visible_to(cast.eve)
    told = AuditEvent.objects.get(action="source.granted").detail
    assert told == {"permission": "view", "source": "shop", "grantee": "eve"}
    grant = cast.shop.sourceusergrant_set.get(user=cast.eve)
    gone = {
        **row,
        "sourceusergrant_set-INITIAL_FORMS": 1,
        "sourceusergrant_set-0-id": grant.pk,
        "sourceusergrant_set-0-DELETE": "on",
    }
    assert client.post(url, source_form(cast.shop, **gone)).status_code == 302
    assert cast.shop not in Source.objects.visible_to(cast.eve)
    assert AuditEvent.objects.filter(action="source.grant_withdrawn").count() == 1


def test_only_permissions_of_a_source_are_offered_as_grants(cast: Cast, client: Client) -> None:
    page = client.get(reverse("admin:profiles_source_change", args=[cast.shop.pk])).content.decode()
    select = re.search(r'<select name="sourcegroupgrant_set-0-permission".*?</select>', page, re.S).group()
    assert len(re.findall(r"<option", select)) == 4


def test_the_counter_of_flagged_values_is_shown(cast: Cast, client: Client) -> None:
    from profiles import flags
    from tests.cast import record

    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "a@post.example"})
    for _ in range(3):
        flags.flag(record=record(cast.shop, "1"), field="email", value="a@post.example", note="n", by=cast.vera)
    page = client.get(reverse("admin:profiles_source_changelist")).content.decode()
    assert '<td class="field-flags">3</td>' in page


# ---- draft and publication ---------------------------------------------------------------------------------------------


def test_a_draft_is_in_force_when_published(client: Client) -> None:
    client.post(reverse("admin:profiles_blockedvalue_add"), {"field": "email", "pattern": "x@y.example", "note": ""})
    assert BlockedValue.objects.filter(pattern="x@y.example").exists()
    assert AuditEvent.objects.filter(action="blocked_value.changed").count() == 1
    before = schema.published()
    assert ("email", "x@y.example", False) not in before.blocked
    assert client.post(reverse("admin:profiles_schemaversion_add"), {"note": "block it"}).status_code == 302
    after = schema.published()
    assert after.number == before.number + 1
    assert ("email", "x@y.example", False) in after.blocked


def test_the_difference_and_what_it_touches_are_shown_before_publishing(cast: Cast, client: Client) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron"}, {"id": "2", "name": "Cy Day"})
    url = reverse("admin:profiles_schemaversion_add")
    assert "The draft is what is in force" in client.get(url).content.decode()
    assert client.post(url, {"note": ""}).status_code == 302
    number = schema.published().number
    cast.shop.mappings.filter(column="tel").update(target="free:tel")
    Source.objects.filter(key="shop").update(region="DE", trust=90)
    CanonicalField.objects.filter(key="email").update(survivorship="recent")
    page = client.get(url).content.decode()
    for said in ("Source shop: column tel", "fills free:tel as text", "Source shop: region", "Field E-mail: survivorship",
                 "2 stored records would be read again", "2 customers"):  # fmt: skip
        assert said in page
    assert schema.published().number == number  # looking publishes nothing
    client.post(url, {"note": "German phones"})
    assert schema.published().number == number + 1
    assert "Source shop: region" in client.get(
        reverse("admin:profiles_schemaversion_change", args=[SchemaVersion.objects.first().pk])
    ).content.decode()  # fmt: skip
    assert "Being rebuilt" in client.get(reverse("home")).content.decode()
    Job.objects.filter(kind="rebuild").update(state="done")
    assert "Being rebuilt" not in client.get(reverse("home")).content.decode()


def test_a_draft_that_cannot_be_read_is_told_and_not_published(cast: Cast, client: Client) -> None:
    cast.shop.mappings.filter(column="tel").update(target="nowhere")
    number = schema.published().number
    page = client.post(reverse("admin:profiles_schemaversion_add"), {"note": ""}, follow=True)
    assert "there is no field “nowhere”" in page.content.decode()
    assert schema.published().number == number


def test_an_older_version_is_put_in_force_again_and_the_draft_taken_back(cast: Cast, client: Client) -> None:
    good = SchemaVersion.objects.first()
    Source.objects.filter(key="shop").update(region="DE")
    client.post(reverse("admin:profiles_schemaversion_add"), {"note": ""})
    page = client.get(reverse("admin:profiles_schemaversion_change", args=[good.pk])).content.decode()
    again = reverse("admin:schema-again", args=[good.pk])
    assert again in page
    assert client.get(again).status_code == 405
    client.post(again)
    assert schema.published().sources["shop"].context.region == "GB"
    client.post(reverse("admin:schema-restore-draft"))
    assert Source.objects.get(key="shop").region == "GB"
    assert {"schema.published", "schema.draft_restored"} <= set(AuditEvent.objects.values_list("action", flat=True))


def test_a_published_version_cannot_be_changed_in_the_database(cast: Cast) -> None:
    connection.check_constraints()
    for statement in (
        "UPDATE profiles_schemaversion SET content = '{}'",
        "UPDATE profiles_schemaversion SET number = number + 100",
        "DELETE FROM profiles_schemaversion",
        "TRUNCATE profiles_schemaversion",
    ):
        refused = pytest.raises(DatabaseError, match="refused")
        with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# ---- match models ------------------------------------------------------------------------------------------------------


def test_a_draft_model_is_checked_and_led_to_the_page_where_it_is_published(cast: Cast, client: Client) -> None:
    shipped = MatchModel.objects.get()
    add = reverse("admin:matching_matchmodel_add")
    assert shipped.content["rules"][0]["name"] in client.get(add).content.decode()  # begins as a copy
    content = {**shipped.content, "prior": -9}
    assert client.post(add, {"label": "mine", "content": json.dumps(content), "note": ""}).status_code == 302
    mine = MatchModel.objects.get(label="mine")
    assert (mine.state, mine.content["label"], mine.content["prior"]) == ("draft", "mine", -9)
    page = client.get(reverse("admin:matching_matchmodel_change", args=[mine.pk])).content.decode()
    assert reverse("matching:publish-model", args=["mine"]) in page
    assert models_in_force.published().label == shipped.label


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda c: "{", "valid JSON"),
        (lambda c: "[1]", "JSON object"),
        (lambda c: json.dumps({k: v for k, v in c.items() if k != "rules"}), "rules"),
        (
            lambda c: json.dumps({**c, "blocking": [*c["blocking"], c["blocking"][0]]}),
            "Two blocking rules have one number",
        ),
        (lambda c: json.dumps({**c, "thresholds": {"auto": 0.9, "sure": 1}}), "sure"),
    ],
)
def test_a_model_that_cannot_be_read_is_refused_with_its_fault(client: Client, spoil: object, says: str) -> None:
    text = spoil(MatchModel.objects.get().content)
    page = client.post(reverse("admin:matching_matchmodel_add"), {"label": "mine", "content": text, "note": ""})
    assert page.status_code == 200
    assert says in errors(page)
    assert MatchModel.objects.count() == 1


def test_a_published_model_is_shown_and_never_changed(client: Client) -> None:
    model = MatchModel.objects.get()
    page = client.get(reverse("admin:matching_matchmodel_change", args=[model.pk])).content.decode()
    assert 'name="content"' not in page
    assert client.post(reverse("admin:matching_matchmodel_change", args=[model.pk]), {"label": "x"}).status_code == 403
    connection.check_constraints()
    for statement in (
        "UPDATE matching_matchmodel SET content = '{}'",
        "UPDATE matching_matchmodel SET label = 'other'",
        "UPDATE matching_matchmodel SET state = 'draft'",
        "DELETE FROM matching_matchmodel",
        "TRUNCATE matching_matchmodel CASCADE",
    ):
        with (
            as_owner(),
            pytest.raises(DatabaseError, match="refused|cannot be"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
