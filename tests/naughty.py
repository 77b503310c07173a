"""Strings that break programs, and the forms of a page to put them into."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

STRINGS = [text for text in json.loads((Path(__file__).parent / "data/naughty_strings/blns.json").read_text()) if text]
# what the list lacks: no digit though isdigit() says so, a number no column holds, a character PostgreSQL refuses
EXTRA = ["²", "9" * 40, "-1", "a\0b"]
TEXTUAL = {"text", "search", "email", "tel", "url", "number", "date", "password", "textarea", ""}


@dataclass(slots=True)
class Form:
    """A form as a browser would send it: where, how, its text fields, and the rest with what they hold."""

    method: str
    action: str
    texts: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> dict[str, str]:
        return {**self.others, **dict.fromkeys(self.texts, text)}


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.forms, self.select = address, [], ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            action = given.get("action") or self.address
            self.forms.append(Form(given.get("method", "get").lower(), action))
        elif self.forms and (name := given.get("name", "")):
            self._field(self.forms[-1], tag, name, given)
        elif tag == "option" and self.forms and self.select and ("selected" in given or not self._holds()):
            self.forms[-1].others[self.select] = given.get("value", "")

    def _holds(self) -> bool:
        return bool(self.forms[-1].others.get(self.select))

    def _field(self, form: Form, tag: str, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "") if tag == "input" else tag
        self.select = name if tag == "select" else ""
        if kind in TEXTUAL:
            form.texts.append(name)
        elif kind not in {"file", "select"}:
            form.others.setdefault(name, given.get("value", "on"))


def forms_of(address: str, page: str) -> list[Form]:
    """The forms of a page that take a text."""
    reader = _Reader(address)
    reader.feed(page)
    return [form for form in reader.forms if form.texts]
