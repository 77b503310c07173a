"""Match models."""

from collections.abc import Callable

from matching import drafts as model_drafts
from matching import evaluation as evaluations
from matching import models_in_force, publishing, shadow
from matching.models import Evaluation, MatchModel, Publication
from profiles.models import User
from tests.cast import Cast
from tests.site.verbs.review import compare


def publish_model(cast: Cast) -> Callable:
    content = {**MatchModel.objects.get().content, "label": "mine"}
    mine = MatchModel.objects.create(label="mine", content=content)
    return lambda: models_in_force.publish(model=mine, by=cast.root)


def model_draft(cast: Cast) -> MatchModel:
    return model_drafts.copy(model=MatchModel.objects.get(), label="mine", note="", by=cast.root)


def on_a_draft(act: Callable) -> Callable:
    """A verb on a draft of the match model."""

    def prepared(cast: Cast) -> Callable:
        draft = model_draft(cast)
        return lambda: act(draft, cast.root)

    return prepared


def on_a_request(act: Callable) -> Callable:
    """A verb on the request to put a draft in force."""

    def prepared(cast: Cast) -> Callable:
        draft = model_draft(cast)
        asked = Publication.objects.create(model=draft, model_digest=draft.digest, reason="r", requested_by=cast.ada)
        return lambda: act(asked, cast)

    return prepared


def ask_again_for_an_older_model(cast: Cast) -> Callable:
    shipped = MatchModel.objects.get()
    models_in_force.publish(model=model_draft(cast), by=None)
    shipped.refresh_from_db()
    return lambda: publishing.request(model=shipped, by=cast.root, reason="r")


def refit_model(cast: Cast) -> Callable:
    compare("not_same")(cast)()
    model = MatchModel.objects.get()
    return lambda: model_drafts.copy_refitted(model=model, label="mine", note="", by=cast.root)


def edit_model(draft: MatchModel, by: User) -> object:
    content = {**draft.content, "prior": -9}
    return model_drafts.edit(draft=draft, content=content, note="", expected=1, by=by)


def start_shadow(draft: MatchModel, by: User) -> object:
    return shadow.start(model=draft, against=MatchModel.objects.get(state="published"), by=by)


def approve(asked: Publication, cast: Cast) -> object:
    return publishing.approve(publication=asked, by=cast.root)


def reject(asked: Publication, cast: Cast) -> object:
    return publishing.reject(publication=asked, by=cast.root, answer="no")


def withdraw(asked: Publication, cast: Cast) -> object:
    return publishing.reject(publication=asked, by=cast.ada, answer="no")


def evaluation(cast: Cast) -> Callable:
    def kept() -> object:
        found = Evaluation(model_label="default-1", model_digest="d", kind="file", set_name="s", figures={}, errors={})
        return evaluations.keep(evaluation=found, by=cast.root)

    return kept


VERBS = [
    ("matching.models_in_force.publish", publish_model, ["model.published"]),
    ("matching.evaluation.keep", evaluation, ["model.evaluated"]),
    ("matching.drafts.copy", lambda cast: lambda: model_draft(cast), ["model.drafted"]),
    ("matching.drafts.copy_refitted", refit_model, ["model.drafted"]),
    ("matching.drafts.edit", on_a_draft(edit_model), ["model.edited"]),
    ("matching.drafts.discard", on_a_draft(lambda d, by: model_drafts.discard(draft=d, by=by)), ["model.discarded"]),
    ("matching.shadow.start", on_a_draft(start_shadow), ["model.shadow_run"]),
    ("matching.publishing.request", ask_again_for_an_older_model, ["model.publication_requested"]),
    ("matching.publishing.approve", on_a_request(approve), ["model.published"]),
    ("matching.publishing.reject", on_a_request(reject), ["model.publication_rejected"]),
    ("matching.publishing.reject", on_a_request(withdraw), ["model.publication_withdrawn"]),
]  # fmt: skip
