"""Notices: every source and recipient is told of an erasure, each with its own state."""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from governance.models import Erasure, ErasureNotice
from profiles import audit, work
from profiles.encryption import Place, decrypt, encrypt
from profiles.models import Profile, SourceRecord, User
from profiles.registry import Registry

from .targets import Cleared, Subject

DAYS = 30  # to be told in, without undue delay
NOTICE = "erasure_notice"
# who was given data of a customer: upper parts name them, for `Profile` ids
RECIPIENTS: Registry[Any] = Registry("recipients of customers' data")


class NoticeNotAllowed(Exception):
    """The notice cannot be answered so; the message says why."""


def write(erasure: Erasure, profile: Profile) -> list[ErasureNotice]:
    """A notice for each source that delivered a record, with its own ids of the person, and for each recipient."""
    ids: dict[int, list[str]] = defaultdict(list)
    for source_id, external_id in SourceRecord.objects.filter(id__in=erasure.records).values_list(
        "source_id", "external_id"
    ):
        ids[source_id].append(external_id)
    due = timezone.now() + timedelta(days=DAYS)
    made = [ErasureNotice.objects.create(erasure=erasure, source_id=pk, due_at=due) for pk in ids]
    for notice in made:
        notice.external_ids = encrypt(json.dumps(sorted(ids[notice.source_id])).encode(), place=_place(notice))
        notice.save(update_fields=["external_ids"])
    names = sorted({name for found in RECIPIENTS.values() for name in found(profile)})
    made += [ErasureNotice.objects.create(erasure=erasure, recipient=name, due_at=due) for name in names]
    return made


def _place(notice: ErasureNotice) -> Place:
    return Place("governance_erasurenotice", "external_ids", notice.pk)


def external_ids(notice: ErasureNotice) -> list[str]:
    """A source's own ids of the person, while it has not confirmed."""
    return json.loads(decrypt(bytes(notice.external_ids), place=_place(notice))) if notice.external_ids else []


def clear(erasure: Erasure, subject: Subject) -> Cleared:
    """Tell who can be told by mail; the others are told by a person, and until then something is left."""
    for notice in erasure.notices.waiting().select_related("source"):
        owner = notice.source.owner if notice.source else ""
        if "@" in owner:
            _mail(notice, owner)
            _told(notice, "mail", None)
        else:
            item = work.open_item(kind=NOTICE, subject_id=notice.pk, reason="told", source_id=notice.source_id)
            item.due_at = notice.due_at
            item.save(update_fields=["due_at"])
    return {"notices": erasure.notices.filter(told_at__isnull=False).count()}


def left(erasure: Erasure, subject: Subject) -> int:
    return erasure.notices.waiting().count()


def _mail(notice: ErasureNotice, owner: str) -> None:
    """Without personal data: which of its customers it is about is shown on the page only."""
    send_mail(
        "A customer must be erased",
        f"{notice.erasure} concerns {notice.source.name}. Which of its customers is shown under Erasures, notice"
        f" {notice.pk}, until you confirm there that it was done. Due {notice.due_at:%d %b %Y}.",
        settings.DEFAULT_FROM_EMAIL,
        [owner],
    )


def _told(notice: ErasureNotice, method: str, by: User | None) -> None:
    notice.told_at, notice.told_by, notice.method = timezone.now(), by, method
    notice.save(update_fields=["told_at", "told_by", "method"])
    audit.record("erasure.told", obj=notice, subjects=notice.erasure.profiles, detail={"who": str(notice)})
    work.close_subjects(kind=NOTICE, subject_ids=[notice.pk])


@transaction.atomic
def tell(*, notice: ErasureNotice, by: User) -> ErasureNotice:
    """A person has told a source or recipient."""
    notice = ErasureNotice.objects.select_for_update(of=("self",)).select_related("source", "erasure").get(pk=notice.pk)
    if notice.told_at:
        raise NoticeNotAllowed("They were told already.")
    _told(notice, "person", by)
    _go_on(notice.erasure)
    return notice


@transaction.atomic
def confirm(*, notice: ErasureNotice, by: User) -> ErasureNotice:
    """The source or recipient has erased the person, too: its own ids of them go."""
    notice = ErasureNotice.objects.select_for_update(of=("self",)).select_related("source", "erasure").get(pk=notice.pk)
    if notice.confirmed_at:
        raise NoticeNotAllowed("It was confirmed already.")
    if not notice.told_at:
        _told(notice, "person", by)
    notice.external_ids, notice.confirmed_at = None, timezone.now()
    notice.save(update_fields=["external_ids", "confirmed_at"])
    audit.record("erasure.confirmed", obj=notice, subjects=notice.erasure.profiles, detail={"who": str(notice)})
    _go_on(notice.erasure)
    return notice


def forget_late(now: datetime) -> int:
    """A source that was told and never confirmed sees its ids until the notice is due, no longer. Returns how many."""
    late = ErasureNotice.objects.filter(told_at__isnull=False, due_at__lte=now, external_ids__isnull=False)
    return late.update(external_ids=None)


def _go_on(erasure: Erasure) -> None:
    from .execute import advance

    advance(erasure)
