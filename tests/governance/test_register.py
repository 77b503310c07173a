"""The register of processing says what the site goes by, on a page and as files."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import RetentionRule
from governance.register import COLUMNS, Activity, Register, register
from profiles.models import CanonicalField
from profiles.schema import publish, published
from tests.cast import Cast
from tests.governance.consenting import purposes


@pytest.mark.django_db
def test_the_register_follows_declarations_sources_and_windows() -> None:
    cast, client, url = Cast(), Client(), reverse("governance:register")
    client.force_login(cast.ada)
    assert client.get(url).status_code == 403
    client.force_login(cast.root)
    RetentionRule.objects.create(source=cast.shop, data_class="record", days=900, law="Commercial code", is_active=True)
    RetentionRule.objects.create(source=cast.crm, data_class="record", days=30, law="A draft", is_active=False)
    purposes()
    page = client.get(url).content.decode()
    for said in (
        "Shop: Records: goes after 900 days (Commercial code)",
        "National id",
        "Legitimate interests",
        "News by e-mail and SMS.",
        "profiles.SourceRecord.payload",
        "Crm",
    ):
        assert said in page
    assert "A draft" not in page
    taken = client.get(url, {"as": "json"}).json()
    assert taken["sources"] == [{"name": "Crm", "owner": "tests"}, {"name": "Shop", "owner": "tests"}]
    assert taken["data"][0]["sensitivity"] == "Sensitive" and taken["time_limits"]
    CanonicalField.objects.filter(key="gender").update(sensitivity="sensitive")
    publish(by=None)
    sensitive = [
        name
        for kind in register(published(), cast.root).data
        if kind.sensitivity == "Sensitive"
        for name in kind.fields
    ]
    assert {"Gender", "National id"} <= set(sensitive)
    lines = client.get(url, {"as": "csv"}).content.decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(lines))) == list(COLUMNS)


def test_a_line_holds_what_article_30_asks_for() -> None:
    newsletter = Activity("Newsletter", "News by e-mail", "Consent", "", "The mailing house", "E-mail", "1")
    ((name, purpose, basis, people, data, recipients, channels, limits, measures),) = Register(
        [newsletter], [], [], ["All sources: Records: goes after 900 days"]
    ).rows()
    assert (name, purpose, basis, recipients, channels) == (
        "Newsletter",
        "News by e-mail",
        "Consent",
        "The mailing house",
        "E-mail",
    )
    assert "Customers" in people and "900 days" in limits and "AES-256-GCM" in measures and data == ""
