"""The world with what is about all sources at once: a draft of the match model, its figures, a full run; and of the audit."""

from django.utils import timezone

from governance import access_review
from matching import deciding_together, drafts, evaluation, publishing, shadow
from matching.fullrun import actions
from matching.models import MatchModel, RunBrake
from profiles import jobs
from profiles.models import AuditEvent
from tests.access.world import World
from tests.matching.test_full_runs import run_all, work_off


class WholeWorld(World):
    """Also a draft that somebody asked to publish, an evaluation, a shadow run, a full run (reported, or published), an
    import that the brake stopped, an access review, and an event of the audit."""

    def __init__(self) -> None:
        super().__init__()
        root, model = self.cast.root, MatchModel.objects.get(label="default-1")
        self.draft = drafts.copy(model=model, label="draft", note="", by=root)
        self.evaluation = evaluation.keep(evaluation=evaluation.evaluate_decisions(model=self.draft), by=root)
        self.shadow_run = shadow.start(model=self.draft, against=model, by=root)
        jobs.run(self.shadow_run.job_id)
        self.publication = publishing.request(model=self.draft, by=root, reason="kanar reason")
        self.full_run = run_all(self.cast, parts=1)
        self.brake = RunBrake.objects.create(
            batch=self.batch, customers=9, wanted=3, limit=1, state="on", stopped_at=timezone.now(),
            examples=[[str(self.only_a.pk), str(self.both.pk)]],
        )  # fmt: skip
        self.review = access_review.start(by=root, now=timezone.now())
        self.asked_together = deciding_together.ask(
            proposals=[self.across.pk], verdict="not_same", by=self.ada, reason="kanar reason"
        )
        self.event = AuditEvent.objects.first()

    def publish_the_run(self) -> None:
        actions.publish(run=self.full_run, by=self.cast.root, reason="kanar reason", despite_brake=True)
        assert work_off() == []
        self.full_run.refresh_from_db()
