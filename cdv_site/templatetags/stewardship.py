"""Tags of all templates: icons, levels in words, differing characters, bars."""

from difflib import SequenceMatcher
from functools import cache

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@cache
def _svg(name: str) -> SafeString:
    text = (settings.BASE_DIR / "templates" / "icons" / f"{name}.svg").read_text()
    return mark_safe(text.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S308  (our own files)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the kit, inline."""
    return _svg(name)


@register.filter
def get(mapping: dict, key: object) -> object:
    """The value of a key, nothing when it is missing."""
    return mapping.get(key) if mapping else None


@register.filter
def diff_against(value: str, other: str) -> SafeString:
    """The value with the characters that the other has not marked, by underline and weight."""
    parts = SequenceMatcher(None, str(other), str(value), autojunk=False).get_opcodes()
    pieces = [(str(value)[b1:b2], tag) for tag, _, _, b1, b2 in parts if b2 > b1]
    return format_html_join(
        "", "{}", ((piece if tag == "equal" else format_html('<mark class="diff">{}</mark>', piece),) for piece, tag in pieces)
    )


@register.filter
def percent(probability: float | None) -> str:
    """A probability as people read it; never a rounded 100 %."""
    if probability is None:
        return "–"
    return "> 99.9 %" if probability > 0.999 else f"{probability * 100:.1f} %"


@register.filter
def bar_width(weight: float) -> float:
    """Half-width of an evidence bar in a 200-unit drawing: 5 units per bit, at most 95."""
    return round(min(abs(weight) * 5, 95), 1)


@register.filter
def bar_x(weight: float) -> float:
    """Where an evidence bar begins: agreements go right of the middle, conflicts left."""
    return 100 if weight >= 0 else round(100 - bar_width(weight), 1)


@register.filter
def share(part: int, whole: int | None) -> float:
    """Part of a whole in percent, 0 when the whole is unknown."""
    return round(min(100.0, 100 * part / whole), 1) if whole else 0


@register.filter
def words(name: str) -> str:
    """A code as words: birth_date is "Birth date"."""
    return name.replace("_", " ").capitalize()
