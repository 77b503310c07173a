"""Tags of all templates: components with a body, icons, states, differing characters, times, drawings."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from functools import cache

from django import template
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.forms import BoundField
from django.template.context import Context
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from cdv_site import drawing
from cdv_site.states import Look, look_of

register = template.Library()


@cache
def _svg(name: str) -> SafeString:
    text = (settings.BASE_DIR / "templates" / "icons" / f"{name}.svg").read_text()
    return mark_safe(text.replace("<svg", '<svg aria-hidden="true"', 1))  # our own files  # nosec B308 B703


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the kit, inline."""
    return _svg(name)


@register.simple_block_tag(takes_context=True, end_name="endcomponent")
def component(context: Context, content: SafeString, name: str, **params: object) -> SafeString:
    """A component around a body: `components/<name>.html` with its parameters, the body as `content`. It sees no other
    variable of the page, so that a title of the page never becomes the title of a card."""
    shared = {key: context[key] for key in ("csrf_token", "request", "perms") if key in context}
    return context.template.engine.get_template(f"components/{name}.html").render(
        context.new({**shared, **params, "content": content})
    )


@register.simple_tag
def look(state: object) -> Look:
    """Tone and icon of a state: `{% look job.state as look %}`."""
    return look_of(str(state))


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field as a control of the kit."""
    kinds = {"checkbox": "form-check-input", "radioselect": "form-check-input", "select": "form-select"}
    return field.as_widget(attrs={"class": kinds.get(field.widget_type, "form-control")})


@register.filter
def choices(field: BoundField) -> list[tuple[SafeString, str]]:
    """The choices of a field with one box or button each: (control, label)."""
    for choice in (found := list(field.subwidgets)):
        choice.data["attrs"]["class"] = "form-check-input"
    return [(choice.tag(), choice.choice_label) for choice in found]


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
        "",
        "{}",
        ((piece if tag == "equal" else format_html('<mark class="diff">{}</mark>', piece),) for piece, tag in pieces),
    )


@register.filter
def percent(probability: float | None) -> str:
    """A probability as people read it; never a rounded 100 %."""
    if probability is None:
        return "–"
    return "> 99.9 %" if probability > 0.999 else f"{probability * 100:.1f} %"


@register.filter
def rate(share: float | str | None) -> str:
    """A measured share in percent with two digits, as precision and recall are read; a dash where there is none."""
    return "–" if share in (None, "") else f"{share * 100:.2f} %"


@register.filter
def share(part: int, whole: int | None) -> float:
    """Part of a whole in percent, 0 when the whole is unknown."""
    return round(min(100.0, 100 * part / whole), 1) if whole else 0


@register.filter(is_safe=True)
def sentence(title: str) -> str:
    """A title of a library in sentence case, as ours are: "Add Security Key" is "Add security key"."""
    words = title.split()
    return " ".join(
        re.sub(r"(?<!^)\b[A-Z][a-z]+\b" if not n else r"^[A-Z][a-z]+$", _lower, word) for n, word in enumerate(words)
    )


def _lower(found: re.Match[str]) -> str:
    return found[0].lower()


@register.filter
def words(name: str) -> str:
    """A code as words: birth_date is "Birth date"."""
    return name.replace("_", " ").capitalize()


@register.simple_tag
def waterfall(bars: Iterable[drawing.Step]) -> drawing.Waterfall:
    """Evidence as a waterfall on one scale: `{% waterfall bars as fall %}`."""
    return drawing.waterfall(bars)


@register.filter
def sparkline(values: Sequence[float]) -> str:
    """The points of a small line."""
    return drawing.sparkline(values)


@register.filter
def bits(weight: float) -> str:
    """A weight in bits with its sign, one digit."""
    return f"{weight:+.1f}".replace("-", "−") if abs(weight) >= 0.05 else "0"


@register.filter
def likely(probability: float | None) -> str:
    """A probability in a word or two."""
    if probability is None:
        return "not scored"
    words_from = ((0.95, "very likely"), (0.7, "likely"), (0.3, "unclear"), (0.0, "unlikely"))
    return next(word for least, word in words_from if probability >= least)


@register.filter
def initials(name: str) -> str:
    """At most two letters that stand for a person."""
    parts = str(name).split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


@register.filter
def dot(key: object) -> int:
    """One of six colours that always goes with the same source; the name beside it says which."""
    return sum(str(key).encode()) % 6


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """How long ago in words, with the exact time on demand and for machines."""
    if moment is None:
        return "–"
    exact = date_format(localtime(moment), "j M Y H:i:s")
    return format_html(
        '<time class="ago" datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, naturaltime(moment)
    )


@register.simple_tag
def pair_columns(ends: Iterable) -> list[tuple[str, str, str, str]]:
    """The columns of a comparison: letter, name, what it is, address."""
    return [
        (
            end.letter,
            end.customer.name,
            f"{end.profile.short_id} · {end.customer.record_count} record{'s' if end.customer.record_count != 1 else ''}",
            reverse("profiles:customer", args=[end.profile.pk]),
        )
        for end in ends
    ]


@register.filter
def texts(values: Iterable | None) -> list[str]:
    """What shown values are held equal by."""
    return [value.token for value in values or ()]


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them: "8 s", "2 min 5 s", "3 h 10 min"."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
