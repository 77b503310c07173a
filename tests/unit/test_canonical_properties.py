"""Whatever a source sends, standardising answers, says the same twice, and never shows a value in a message."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.canonical.nicknames import nickname_group
from profiles.canonical.records import standardise_rows
from profiles.canonical.registry import COMPOSITES, STANDARDISERS, TARGETS, help_text, read
from profiles.canonical.text import fold, tidy, tokens
from profiles.canonical.types import Context, FieldMapping

NAUGHTY = [
    "",
    " ",
    "\t\r\n",
    "\x00",
    "\x00\x01\x02\x1b[31m",
    "undefined",
    "NULL",
    "NaN",
    "-1",
    "1/0",
    "0x0",
    "1e309",
    "Infinity",
    ",./;'[]\\-=",
    '<>?:"{}|_+',
    "!@#$%^&*()`~",
    "Ω≈ç√∫˜µ≤≥÷",
    "⁰⁴⁵₀₁₂",
    "ด้้้้้็็็็็้้้้้็็็็็",
    "田中さんにあげて下さい",
    "社會科學院語學研究所",
    "찦차를 타고 온 펲시맨과",
    "ヽ༼ຈل͜ຈ༽ﾉ",
    "😍👩🏽‍🚀👨‍👩‍👧‍👦🇨🇭",
    "１２３４５６７８９０",
    "١٢٣٤٥٦٧٨٩٠",
    "בְּרֵאשִׁית, בָּרָא אֱלֹהִים",
    "مُنَاقَشَةُ سُبُلِ",
    "\u202eevil\u202c",
    "\u2066\u2067\u2068\u2069",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠",
    "˙ɐnbᴉlɐ ɐuƃɐɯ",
    "𝕋𝕙𝕖 𝓠𝓾𝓲𝓬𝓴",
    "<script>alert(0)</script>",
    "'; DROP TABLE users; --",
    "$(touch /tmp/x)",
    "../../etc/passwd",
    "{{ 7*7 }}",
    "%s%n%d",
    "\ud800",
    "İstanbul ß ﬁ ŉ ǰ",
    "(((((((((",
    "))))",
    '""""',
    "''''",
    "@@@",
    "a@b@c",
    "+++",
    "++1",
    "1,2,3,4,5,6,7,8",
    ",,,,,",
    ";;;;",
    "-",
    "0000-00-00",
    "9999-99-99",
    "31/02/1980",
    "Jr",
    "Jr, Sr",
    "Mr Dr Prof",
    "van der",
    "de",
    "#",
    "# # #",
    "Apt",
    "12 12 12",
    "X" * 10_000,
    "é" * 10_000,
    "1" * 10_000,
    "a b " * 2_500,
    "(" * 10_000,
    "a@" * 5_000,
    "12 Main St, " * 800,
]
CONTEXTS = [
    Context(),
    Context(region=""),
    Context("US", "%m/%d/%y"),
    Context("ES", "%d.%m.%Y"),
    Context("JP"),
    Context("HU"),
]
TEXTS = st.one_of(
    st.text(max_size=80), st.sampled_from(NAUGHTY), st.text("abcXYZ .,'-/0123456789@+#äßжيשم王", max_size=40)
)
WORDS = st.lists(
    st.sampled_from(
        [
            "Mr",
            "Dr.",
            "Prof",
            "Jr",
            "Sr.",
            "III",
            "van",
            "der",
            "de",
            "la",
            "O'Brien",
            "McDONALD",
            "anna",
            "BERG",
            "al-Fayed",
            "J.",
            "J.R.",
            "王小明",
            "Иванович",
            "née",
            "&",
            "and",
            ",",
            '"Bob"',
            "(x)",
            "GmbH",
            "Smith,",
            "12",
            "12b",
            "Main",
            "St.",
            "Straße",
            "Str.",
            "Apt",
            "#4",
            "Flat",
            "2/7",
            "NV",
            "89132",
            "SW1A",
            "1AA",
            "10115",
            "Berlin",
            "Las",
            "Vegas,",
            "Hauptstr.",
            "C/",
            "Av.",
            "rue",
            "N",
            "W",
            "1980",
            "03",
            "04",
            "March",
            "13th",
            "+44",
            "(0)20",
            "555-0123",
            "a@b.co",
            "<c@d.org>",
            ";",
        ]
    ),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize("name", STANDARDISERS)
def test_each_standardiser_has_a_help_text(name):
    assert help_text(name).endswith(".")


@pytest.mark.parametrize("name", STANDARDISERS)
@pytest.mark.parametrize("context", CONTEXTS, ids=lambda c: c.region or "none")
def test_naughty_strings_are_answered(name, context):
    for raw in NAUGHTY:
        check_answer(name, raw, context)


@pytest.mark.parametrize("name", STANDARDISERS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=st.one_of(TEXTS, WORDS), context=st.sampled_from(CONTEXTS))
def test_any_text_is_answered_with_clean_values(name, raw, context):
    check_answer(name, raw, context)


def check_answer(name, raw, context):
    found = STANDARDISERS[name](raw, context)
    for values in found.values.values():
        assert values
        for value in values:
            assert value and value == value.strip()
            assert len(value) <= 2_100
            assert "\x00" not in value and "\ud800" not in value
    if found.problem and len(raw.strip()) > 12:
        assert raw.strip() not in found.problem.message


@pytest.mark.parametrize("target", [t for t in TARGETS if t not in COMPOSITES])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=st.one_of(TEXTS, WORDS), region=st.sampled_from(["GB", "US", "DE", "FR", ""]))
def test_standardising_a_standardised_value_gives_itself(target, raw, region):
    context = Context(region)
    once = read(target, raw, context).values.get(target)
    assert not once or read(target, once[0], context).values.get(target) == once


@given(st.one_of(TEXTS, WORDS))
def test_folding_twice_changes_nothing(text):
    once = fold(text)
    assert fold(once) == once
    assert tokens(text) == once.split()
    assert once.isascii() and (not once or once.replace(" ", "").isalnum())


@given(TEXTS)
def test_tidying_twice_changes_nothing(text):
    assert tidy(tidy(text)) == tidy(text)


@given(
    st.one_of(
        st.text("abcdefghijklmnopqrstuvwxyz", max_size=12),
        st.sampled_from(["bill", "bob", "alex", "peggy", "sasha", "liz", "al"]),
    )
)
def test_a_nickname_group_stands_for_itself(name):
    group = nickname_group(name)
    assert nickname_group(group) == group


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={c: st.one_of(TEXTS, WORDS) for c in ("n", "a", "e", "k", "o")}), max_size=6
    )
)
def test_whole_rows_are_answered_one_by_one_as_together(rows):
    mappings = [
        FieldMapping("n", "full_name"),
        FieldMapping("a", "address_line"),
        FieldMapping("e", "email", separator=";"),
        FieldMapping("k", "party_kind"),
        FieldMapping("o", "organisation_name"),
    ]
    together = standardise_rows(rows, mappings, Context(), {})
    alone = [standardise_rows([row], mappings, Context(), {})[0] for row in rows]
    assert together == alone
    assert all(record.attributes["party_kind"] == [record.party_kind] for record in together)
