"""The Big List of Naughty Strings through every text field and every column: no crash, and nothing of it runs."""

import json
import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse

from matching import identity
from profiles import corrections, flags
from profiles.models import Batch, QuarantinedRow, Source
from tests.cast import COLUMNS, Cast, profile_of, record, send, send_bytes
from tests.journeys.browser import listen, open_page, sign_in
from tests.live import LiveSite
from tests.naughty import EXTRA, STRINGS, Form, forms_of
from tests.site.test_list_queries import World
from tests.site.test_read_events import addresses

MARKUP = [text for text in STRINGS if re.search(r"[<>]|script:|on\w+=|[\"'`]", text)]


def all_rights(cast: Cast) -> None:
    """The reader with every role opens every page."""
    cast.root.groups.set(Group.objects.all())
    cast.root.is_staff = True
    cast.root.save()


# ---- every form ---------------------------------------------------------------------------------------------------------


def admin_addresses() -> Iterator[str]:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        first = model._default_manager.first()
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        if first is not None:
            yield reverse(f"{name}_change", args=[first.pk])


def all_forms(client: Client, world: World) -> dict[tuple, Form]:
    """Each form of the site once, by where it leads (numbers and ids aside) and what it asks."""
    pages = [address for _, address in addresses(world)] + list(admin_addresses())
    pages += [f"/models/default-1/{page}/" for page in ("copy", "try", "publish", "refit")] + [
        "/models/",
        "/models/compare/",
    ]
    found = {}
    for address in pages:
        answer = client.get(address)
        for form in forms_of(address, answer.content.decode()) if answer.status_code == 200 else []:
            place = re.sub(r"[0-9a-f-]{36}|\d+", "*", form.action.partition("?")[0])
            found.setdefault((form.method, place, *sorted({*form.texts, *form.others})), form)
    for form in forms_of("/accounts/login/", Client().get("/accounts/login/").content.decode()):
        found[("login",)] = form
    return found


@pytest.mark.django_db
def test_no_form_breaks(long: bool) -> None:
    world = World()
    all_rights(world.cast)
    client = Client(raise_request_exception=False)
    client.force_login(world.cast.root)
    forms = list(all_forms(client, world).values())
    assert len(forms) >= 30
    tries = [(form, text) for n, form in enumerate(forms) for text in (EXTRA if long else [EXTRA[n % len(EXTRA)]])]
    if long:
        tries += [(form, text) for form in forms for text in STRINGS]
    else:
        tries += [(forms[n % len(forms)], text) for n, text in enumerate(STRINGS[::12])]
    broken = [
        f"{form.method} {form.action} {status}: {text!r}"
        for form, text in tries
        if (status := sent(client, form, text)) >= 500
    ]
    assert broken == []


def sent(client: Client, form: Form, text: str) -> int:
    """The status; whatever the form did is taken back, so that the next finds the same world."""
    with transaction.atomic():
        answer = (client.post if form.method == "post" else client.get)(form.action, form.filled(text))
        transaction.set_rollback(True)
    return answer.status_code


# ---- every column -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_column_takes_every_string_or_says_why_not(long: bool) -> None:
    cast = Cast()
    texts = [*STRINGS, *EXTRA] if long else [*STRINGS[::7], *EXTRA]
    rows = [{"id": f"{n}", "v": "1", **{column: text for column, _ in COLUMNS}} for n, text in enumerate(texts)]
    ids = [{"id": text, "name": "Ada Byron"} for text in texts]
    for name, content in (("columns", rows), ("ids", ids)):
        batch = send(cast.shop, *content, name=f"{name}.jsonl")
        whole = batch.accepted + batch.unchanged + batch.superseded + batch.quarantined + batch.suppressed
        assert (batch.state, batch.received, whole) == (Batch.State.DONE, len(content), len(content))
        assert all(batch.quarantine.values_list("reason", flat=True))
    csv = "id,name\n" + "".join(f'{n},"{text.replace(chr(34), chr(34) * 2)}"\n' for n, text in enumerate(texts))
    assert (
        send_bytes(cast.crm, csv.encode(), name='"><svg onload=alert(1)>.csv', resolve=False).state == Batch.State.DONE
    )
    client = Client(raise_request_exception=False)
    client.force_login(cast.ada)
    search = Form("get", reverse("profiles:customers"), ["q"])
    for text in [*STRINGS[:: 1 if long else 40], *EXTRA]:
        assert sent(client, search, text) < 500, text


# ---- nothing runs -------------------------------------------------------------------------------------------------------


class Stored:
    """The strings where pages show them: one record with all as cells, customers by their names, reasons and notes."""

    def __init__(self) -> None:
        self.cast = Cast()
        all_rights(self.cast)
        self.cast.root.first_name = MARKUP[0]
        self.cast.root.save()
        Source.objects.filter(key="shop").update(name='<img src=x onerror=alert("source")>')
        cells = {f"c{n}": text for n, text in enumerate(STRINGS)}
        named = [
            {"id": f"n{n}", "name": text, "town": text, "mail": f"m{n}@post.example"} for n, text in enumerate(MARKUP)
        ]
        send(
            self.cast.shop,
            {"id": "all", "name": MARKUP[1], **cells},
            *named[:40],
            name="<script>alert(2)</script>.jsonl",
        )
        self.bad = send_bytes(self.cast.shop, json.dumps({"name": "x", **cells}).encode(), name="bad.jsonl")
        self.record, self.profile = record(self.cast.shop, "all"), profile_of(self.cast.shop, "all")
        other = profile_of(self.cast.shop, "n3")
        self.operation = identity.merge(
            survivor=self.profile.id, losers=[other.id], by=self.cast.root, reason=MARKUP[2]
        )
        for text in MARKUP[3:8]:
            corrections.correct(record=self.record, field="city", values=[text], reason=text, by=self.cast.root)
        value = corrections.Correction.objects.latest("id").values[0]
        self.flag = flags.flag(record=self.record, field="city", value=value, note=MARKUP[8], by=self.cast.root)

    def addresses(self) -> Iterator[str]:
        customer = reverse("profiles:customer", args=[self.profile.pk])
        other = reverse("profiles:customer", args=[profile_of(self.cast.shop, "n5").pk])
        yield from (
            "/",
            "/customers/",
            "/queue/",
            "/issues/",
            "/imports/",
            "/jobs/",
            "/audit/",
            "/audit/user/?user=root",
        )
        yield from (customer, *(f"{customer}?tab={tab}" for tab in ("records", "timeline", "then")), other)
        yield from (f"{customer}split/", f"/operations/{self.operation.pk}/", f"/records/{self.record.pk}/")
        yield from (
            f"/flags/{self.flag.pk}/",
            f"/imports/{self.record.batch_id}/",
            f"/imports/{self.bad.pk}/quarantine/",
        )
        yield f"/quarantine/{QuarantinedRow.objects.get().pk}/"
        yield f"/compare/?a={self.profile.pk}&b={profile_of(self.cast.shop, 'n5').pk}"
        yield f"/audit/person/?customer={self.profile.pk}"
        yield from (
            f"/admin/profiles/source/{self.cast.shop.pk}/change/",
            f"/admin/profiles/source/{self.cast.shop.pk}/history/",
        )


def test_nothing_of_it_runs_in_a_browser(web: LiveSite, long: bool) -> None:
    faults: list[str] = []
    places = list(Stored().addresses())
    for page in open_page(web.url):
        listen(page, faults)
        sign_in(page, "root")
        seen = 0
        for address in places:
            before = len(faults)
            answer = page.goto(address)
            seen += sum(text in page.content() for text in ("onerror", "alert(", "script"))
            faults += [f"{address}: {answer.status}"] if answer.status >= 400 else []
            faults[before:] = [f"{address}: {fault}" for fault in faults[before:]]
        for text in MARKUP[:: 1 if long else 60]:
            page.goto("/customers/")
            page.get_by_role("searchbox").last.fill(text)
            page.keyboard.press("Enter")
            page.wait_for_load_state()
        assert seen > 20
    assert faults == []
