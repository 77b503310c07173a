"""What tests of erasure share: asking for it, having it approved, and working its targets off."""

from governance.erasure import execute, kinds, notices
from governance.models import Erasure
from profiles import approvals, jobs
from profiles.models import Job, Profile, User

OPEN = [Job.State.QUEUED, Job.State.RUNNING]


def ask(profile: Profile, by: User, basis: str = "request") -> approvals.Approval:
    return kinds.ask(profile=profile, basis=basis, by=by, reason="Asked by letter")


def begin(profile: Profile, by: User, second: User) -> Erasure:
    """Asked for and approved; its targets wait as jobs."""
    done = approvals.approve(approval=ask(profile, by), by=second)
    assert done.state == "approved", done.answer
    return Erasure.objects.get(pk=done.result_id)


def work_off(erasure: Erasure, *, tell: bool = True) -> Erasure:
    """Every target, as the worker does, and everybody told."""
    for _ in range(8):
        for job in Job.objects.filter(kind=execute.JOB, state=Job.State.QUEUED):
            jobs.run(job.pk)
        for notice in erasure.notices.filter(confirmed_at__isnull=True) if tell else ():
            notices.confirm(notice=notice, by=None)
        execute.continue_open()
    erasure.refresh_from_db()
    return erasure


def erase(profile: Profile, by: User, second: User) -> Erasure:
    return work_off(begin(profile, by, second))
