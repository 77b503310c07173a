"""What the tags of the kit make of values, above all of what a source sent."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from cdv_site.states import LOOKS
from cdv_site.templatetags import stewardship as tags
from matching.models import Proposal
from profiles.models import Batch, Job, Profile, QuarantinedRow, SourceRecord, WorkItem
from profiles.models.identity import LinkClass


def render(text: str, **values: object) -> str:
    return Template("{% load stewardship %}" + text).render(Context(values)).strip()


@pytest.mark.parametrize(
    ("value", "other", "shown"),
    [
        ("Jon", "Jon", "Jon"),
        ("Jonas", "Jon", 'Jon<mark class="diff">as</mark>'),
        ("<b>Jon", "Jon", '<mark class="diff">&lt;b&gt;</mark>Jon'),
        ("a&b", "a&b", "a&amp;b"),
    ],
)
def test_differing_characters_are_marked_and_sources_are_escaped(value: str, other: str, shown: str) -> None:
    assert str(tags.diff_against(value, other)) == shown


def test_a_component_puts_its_body_in_and_escapes_what_the_page_gave() -> None:
    page = '{% component "card" title=name %}<p>{{ name }}</p>{% endcomponent %}'
    shown = render(page, name="<script>")
    assert shown.count("&lt;script&gt;") == 2
    assert "<script>" not in shown
    assert "<p>" in shown


def test_a_component_takes_nothing_from_the_page_by_accident() -> None:
    assert "Page title" not in render('{% component "card" %}body{% endcomponent %}', title="Page title")


STATES = [
    *Batch.State, *Job.State, *Profile.State, *QuarantinedRow.State, *SourceRecord.State, *WorkItem.State, *Proposal.State,
    *LinkClass,
]  # fmt: skip


@pytest.mark.parametrize("state", sorted({state.value for state in STATES}))
def test_every_state_of_the_models_has_a_look(state: str) -> None:
    assert state in LOOKS


def test_an_unknown_state_is_shown_plainly_with_its_word() -> None:
    shown = render('{% include "components/state.html" with state="new" label="Brand new" only %}')
    assert "Brand new" in shown
    assert "chip-plain" in shown


@pytest.mark.parametrize(
    ("probability", "figure", "word"),
    [(0.9997, "> 99.9 %", "very likely"), (0.95, "95.0 %", "very likely"), (0.7, "70.0 %", "likely"), (0.0, "0.0 %", "unlikely"), (None, "–", "not scored")],
)  # fmt: skip
def test_a_probability_is_a_figure_and_a_word(probability: float | None, figure: str, word: str) -> None:
    assert (tags.percent(probability), tags.likely(probability)) == (figure, word)


@pytest.mark.parametrize(("weight", "shown"), [(13.12, "+13.1"), (-2.6, "−2.6"), (0.0, "0"), (-0.01, "0")])
def test_a_weight_shows_its_sign(weight: float, shown: str) -> None:
    assert tags.bits(weight) == shown


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Byron", "AB"), ("ada", "A"), ("Ana de la Cruz", "AC"), ("", "?"), ("Κώστας Π", "ΚΠ")]
)
def test_initials_are_of_the_first_and_the_last_name(name: str, letters: str) -> None:
    assert tags.initials(name) == letters


def test_a_moment_is_told_in_words_with_its_exact_time() -> None:
    moment = timezone.now() - timedelta(minutes=7)
    shown = tags.ago(moment)
    assert "7\xa0minutes ago" in shown
    assert f'datetime="{moment.isoformat()}"' in shown
    assert tags.ago(None) == "–"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Add Security Key", "Add security key"), ("Two-Factor Authentication", "Two-factor authentication"),
        ("Sign In", "Sign in"), ("Use a TOTP App", "Use a TOTP app"), ("  Recovery\n  Codes ", "Recovery codes"), ("", ""),
    ],
)  # fmt: skip
def test_titles_of_libraries_are_sentences(title: str, shown: str) -> None:
    assert tags.sentence(title) == shown
