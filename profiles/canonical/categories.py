"""Categories: a few known values in many spellings."""

from collections.abc import Mapping

from .text import fold, tidy
from .types import Context, Problem, Standardised

GENDERS = {"male": "m male man herr mr monsieur masculin mezczyzna", "female": "f female woman w weiblich frau mrs ms feminin kobieta",
           "other": "o other x d divers diverse nonbinary"}  # fmt: skip
LANGUAGES = {"en": "en eng english englisch", "de": "de ger deu german deutsch", "fr": "fr fre fra french francais",
             "es": "es spa spanish espanol", "pl": "pl pol polish polski", "el": "el gr gre greek ellinika", "it": "it ita italian",
             "uk": "uk ukr ukrainian", "ru": "ru rus russian", "ar": "ar ara arabic", "zh": "zh chi chinese", "ja": "ja jpn japanese",
             "nl": "nl dut nld dutch", "pt": "pt por portuguese"}  # fmt: skip
KINDS = {"person": "person p individual natural private consumer b2c", "organisation": "organisation organization o org company business b2b legal firm"}
PREFERENCES = {"email": "email e mail mail", "phone": "phone tel telephone call voice", "sms": "sms text mobile",
               "post": "post letter postal paper", "none": "none no never optout"}  # fmt: skip
COUNTRIES = {
    "GB": "gb uk gbr united kingdom|great britain|england|scotland|wales", "US": "us usa united states|united states of america|america",
    "DE": "de deu germany|deutschland", "FR": "fr fra france", "PL": "pl pol poland|polska", "GR": "gr grc greece|hellas",
    "UA": "ua ukr ukraine", "RU": "ru rus russia|russian federation", "SA": "sa sau saudi arabia", "AE": "ae are united arab emirates|uae",
    "CN": "cn chn china", "JP": "jp jpn japan", "SG": "sg sgp singapore", "IE": "ie irl ireland", "ES": "es esp spain|espana",
    "IT": "it ita italy|italia", "NL": "nl nld netherlands|nederland", "AU": "au aus australia", "CA": "ca can canada",
    "AT": "at aut austria|osterreich", "CH": "ch che switzerland|schweiz", "KE": "ke ken kenya", "IN": "in ind india",
}  # fmt: skip


def _spellings(table: Mapping[str, str], *, phrases: bool = False) -> dict[str, str]:
    found = {}
    for value, words in table.items():
        if phrases:
            head, *rest = words.split("|")
            short = head.split(" ")
            for spelling in [*short[:2], " ".join(short[2:]), " ".join(short[3:]), *rest]:
                found[spelling] = value
        else:
            found.update({word: value for word in words.split()})
    found.pop("", None)
    return found


_GENDERS, _LANGUAGES, _KINDS, _PREFERENCES = map(_spellings, (GENDERS, LANGUAGES, KINDS, PREFERENCES))
_COUNTRIES = _spellings(COUNTRIES, phrases=True)


def _choose(field: str, raw: str, known: Mapping[str, str], *, keep: bool = False) -> Standardised:
    text = tidy(raw)
    if not text:
        return Standardised()
    value = known.get(fold(text)) or known.get(fold(text).replace(" ", ""))
    if value:
        return Standardised({field: (value,)})
    if keep:
        return Standardised({field: (text,)})
    return Standardised(problem=Problem("unknown_value", "This is none of the known values."))


def gender(raw: str, context: Context) -> Standardised:
    """Male, female or other, in several languages."""
    return _choose("gender", raw, _GENDERS)


def language(raw: str, context: Context) -> Standardised:
    """A language, to its two-letter code."""
    return _choose("language", raw, _LANGUAGES)


def party_kind(raw: str, context: Context) -> Standardised:
    """Person or organisation."""
    return _choose("party_kind", raw, _KINDS)


def contact_preference(raw: str, context: Context) -> Standardised:
    """E-mail, phone, SMS, post or none."""
    return _choose("contact_preference", raw, _PREFERENCES)


def country(raw: str, context: Context) -> Standardised:
    """A country, to its two-letter code; an unknown one is kept as written."""
    text = tidy(raw)
    if len(text) == 2 and text.isascii() and text.isalpha():
        return Standardised({"country": (_COUNTRIES.get(text.casefold(), text.upper()),)})
    return _choose("country", raw, _COUNTRIES, keep=True)
