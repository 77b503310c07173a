"""What every template keeps to: no inline style or script, nothing of a source unescaped, components that say what they take."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.template.loader import get_template

TEMPLATES = settings.BASE_DIR / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
ICONS = sorted((TEMPLATES / "icons").glob("*.svg"))
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=|<style", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']|hx-on", re.I),
    "unescaped text": re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off"),
}


def named(paths: list[Path]) -> list:
    return [pytest.param(path, id=str(path.relative_to(TEMPLATES))) for path in paths]


def sources() -> str:
    """Everything that may name an icon or a component."""
    code = [*settings.BASE_DIR.glob("cdv_site/*.py"), *settings.BASE_DIR.glob("cdv_site/templatetags/*.py"), *PAGES]
    return "\n".join(path.read_text() for path in code)


@pytest.mark.parametrize("path", named(PAGES))
def test_a_template_compiles_and_has_nothing_forbidden(path: Path) -> None:
    get_template(str(path.relative_to(TEMPLATES)))
    text = path.read_text()
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", named(COMPONENTS))
def test_a_component_says_what_it_takes_and_is_used(path: Path) -> None:
    assert path.read_text().startswith("{# ")
    used = sources()
    assert f"components/{path.name}" in used or f'component "{path.stem}"' in used


@pytest.mark.parametrize("path", named(ICONS))
def test_an_icon_is_a_drawing_in_the_colour_of_its_text_and_is_used(path: Path) -> None:
    svg = ElementTree.parse(path).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.attrib["viewBox"] == "0 0 24 24"
    assert svg.attrib["stroke"] == "currentColor"
    assert re.search(rf"[\"']{re.escape(path.stem)}[\"']", sources())


def test_templates_are_free_of_lint() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "djlint", "--lint", "--quiet", "templates"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html"])
def test_a_page_that_says_no_needs_nothing_of_the_request(name: str) -> None:
    page = get_template(name).render()
    assert '<a class="btn" href="/">' in page


def test_whatever_asks_by_itself_says_so() -> None:
    """Polling keeps nobody signed in: the session's clock leaves out requests with X-Poll."""
    polling = [
        tag
        for path in TEMPLATES.rglob("*.html")
        for tag in re.findall(r"<[a-z][^<]*hx-trigger=\"[^\"]*every [^\"]*\"[^<]*>", path.read_text())
    ]
    assert len(polling) >= 2
    assert [tag for tag in polling if '"X-Poll"' not in tag] == []
