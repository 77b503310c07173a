"""The one cast of tests: sources, users, and rows about people, sent through the same doors as real ones."""

import io
import json
from collections.abc import Mapping

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group
from django.core.management import call_command
from guardian.shortcuts import assign_perm

from matching.run import resolve_all
from profiles import imports, jobs, schema
from profiles.models import Batch, FieldMapping, Profile, Source, SourceRecord, User

COLUMNS = (
    ("name", "full_name"), ("mail", "email"), ("tel", "phone"), ("born", "birth_date"), ("addr", "address_line"),
    ("zip", "postcode"), ("town", "city"), ("card", "loyalty_id"), ("nid", "national_id"),
)  # fmt: skip


class FewRounds(PBKDF2PasswordHasher):
    """Passwords hashed in no time: tests make many accounts."""

    iterations = 1


class Cast:
    """Two sources (shop, crm) and five people: ada stewards both, bob only the shop, vera views both, eve nothing; root,
    a lead steward, sets up and reads the audit as well."""

    def __init__(self) -> None:
        call_command("setup_roles", verbosity=0)
        self.shop, self.crm = self._source("shop", trust=40), self._source("crm", trust=80)
        schema.publish(by=None)
        self.ada = self._user("ada", "steward", self.shop, self.crm)
        self.bob = self._user("bob", "steward", self.shop)
        self.vera = self._user("vera", "viewer", self.shop, self.crm)
        self.eve = self._user("eve", "viewer")
        self.root = self._user("root", "administrator", self.shop, self.crm)
        self.root.groups.add(*Group.objects.filter(name__in=["lead steward", "auditor"]))

    @staticmethod
    def _source(key: str, *, trust: int) -> Source:
        source = Source.objects.create(
            key=key, name=key.capitalize(), owner="tests", trust=trust, id_column="id", version_column="v"
        )
        FieldMapping.objects.bulk_create(FieldMapping(source=source, column=c, target=t) for c, t in COLUMNS)
        return source

    @staticmethod
    def _user(name: str, role: str, *sources: Source) -> User:
        user = User.objects.create_user(name, password="a-long-password")
        user.groups.add(Group.objects.get(name=role))
        for source in sources:
            assign_perm("profiles.view_source", user, source)
            if role != "viewer":
                assign_perm("profiles.steward_source", user, source)
        return user


def send(source: Source, *rows: Mapping[str, str], resolve: bool = True, name: str = "rows.jsonl") -> Batch:
    """Import rows as a file and, unless told otherwise, resolve them."""
    return send_bytes(source, "\n".join(json.dumps(row) for row in rows).encode(), name=name, resolve=resolve)


def send_bytes(source: Source, content: bytes, *, name: str, resolve: bool = True) -> Batch:
    batch, new = imports.receive_file(source=source, name=name, content=io.BytesIO(content), by=None)
    if new:
        jobs.run(batch.job_id)
    if resolve:
        resolve_all()
    batch.refresh_from_db()
    return batch


def record(source: Source, external_id: str) -> SourceRecord:
    return SourceRecord.objects.select_related("membership").get(source=source, external_id=external_id)


def profile_of(source: Source, external_id: str) -> Profile:
    return Profile.objects.get(memberships__record=record(source, external_id))


def same(*records: tuple[Source, str]) -> bool:
    """Whether all the records are one customer."""
    return len({profile_of(source, external_id).id for source, external_id in records}) == 1


def golden(profile: Profile, field: str) -> list[str]:
    return list(profile.golden_values.filter(field=field).order_by("rank").values_list("value", flat=True))


def state() -> object:
    """Everything that merge and undo must give back: links, golden values, redirects; without versions and times."""
    members = SourceRecord.objects.order_by("id").values_list(
        "id", "membership__profile_id", "membership__link_class", "membership__linked_by"
    )
    values = Profile.objects.filter(golden_values__isnull=False).order_by(
        "id", "golden_values__field", "golden_values__rank"
    )
    redirects = Profile.objects.order_by("id").values_list("id", "state", "canonical_id", "source_ids", "record_count")
    return (
        list(members),
        list(values.values_list("id", "golden_values__field", "golden_values__rank", "golden_values__value")),
        list(redirects),
    )
