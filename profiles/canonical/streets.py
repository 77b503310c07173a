"""Street names: abbreviated kinds of street written out, by the language of the country."""

import re

from .casing import cased

# Kinds of street that stand last: "Main St" is Main Street.
_ENGLISH = {
    "st": "Street", "str": "Street", "ave": "Avenue", "av": "Avenue", "avn": "Avenue", "rd": "Road", "dr": "Drive", "drv": "Drive",
    "ln": "Lane", "ct": "Court", "crt": "Court", "blvd": "Boulevard", "boul": "Boulevard", "pl": "Place", "ter": "Terrace",
    "terr": "Terrace", "tce": "Terrace", "sq": "Square", "cl": "Close", "cres": "Crescent", "cir": "Circle", "cct": "Circuit",
    "gdns": "Gardens", "gdn": "Garden", "gr": "Grove", "gro": "Grove", "hwy": "Highway", "pde": "Parade", "pkwy": "Parkway", "pwy": "Parkway",
    "trl": "Trail", "wy": "Way", "plz": "Plaza", "xing": "Crossing", "espl": "Esplanade", "mws": "Mews", "hts": "Heights", "expy": "Expressway",
}  # fmt: skip
_WRITTEN_OUT = frozenset(kind.casefold() for kind in _ENGLISH.values()) | frozenset(
    [
        "way",
        "mews",
        "row",
        "hill",
        "walk",
        "parade",
        "rise",
        "view",
        "park",
        "green",
        "end",
        "gate",
        "quay",
        "wharf",
        "vale",
        "loop",
        "alley",
        "bypass",
    ]
)
_DIRECTIONS = {
    "n": "North", "s": "South", "e": "East", "w": "West", "ne": "Northeast", "nw": "Northwest", "se": "Southeast", "sw": "Southwest",
}  # fmt: skip

# Kinds that stand first, by language: "C/ Mayor" is Calle Mayor.
_FRENCH = {
    "r": "Rue", "av": "Avenue", "ave": "Avenue", "bd": "Boulevard", "bld": "Boulevard", "blvd": "Boulevard", "boul": "Boulevard", "pl": "Place",
    "imp": "Impasse", "ch": "Chemin", "chem": "Chemin", "all": "Allée", "rte": "Route", "fg": "Faubourg", "sq": "Square", "qu": "Quai",
}  # fmt: skip
_SPANISH = {
    "c": "Calle", "cl": "Calle", "cll": "Calle", "av": "Avenida", "avd": "Avenida", "avda": "Avenida", "ave": "Avenida", "pl": "Plaza",
    "pza": "Plaza", "plza": "Plaza", "pza.": "Plaza", "ctra": "Carretera", "pso": "Paseo", "pº": "Paseo", "cno": "Camino", "trav": "Travesía",
}  # fmt: skip
_ITALIAN = {
    "v": "Via", "v.le": "Viale", "vle": "Viale", "p.za": "Piazza", "p.zza": "Piazza", "pza": "Piazza", "pzza": "Piazza", "c.so": "Corso",
    "cso": "Corso", "l.go": "Largo", "lgo": "Largo", "str": "Strada", "loc": "Località",
}  # fmt: skip
_PORTUGUESE = {
    "r": "Rua", "av": "Avenida", "pc": "Praça", "pç": "Praça", "pça": "Praça", "trav": "Travessa", "tv": "Travessa", "est": "Estrada",
    "lg": "Largo", "al": "Alameda", "rod": "Rodovia",
}  # fmt: skip
_POLISH = {"ul": "ulica", "al": "aleja", "pl": "plac", "os": "osiedle"}
_RUSSIAN = {"ул": "улица", "пр": "проспект", "пр-т": "проспект", "просп": "проспект", "пер": "переулок", "пл": "площадь", "наб": "набережная",
            "б-р": "бульвар", "бул": "бульвар", "ш": "шоссе"}  # fmt: skip
_ROMANIAN = {"str": "Strada", "bd": "Bulevardul", "bdul": "Bulevardul", "b-dul": "Bulevardul", "cal": "Calea"}
_CZECH = {"ul": "ulice", "nám": "náměstí", "nam": "náměstí", "tř": "třída"}
_ANY_FIRST = {
    "c/": "Calle", "avda": "Avenida", "ctra": "Carretera", "bd": "Boulevard", "v.le": "Viale", "p.za": "Piazza", "p.zza": "Piazza",
    "c.so": "Corso", "ul": "ulica", "ул": "улица", "просп": "проспект", "пер": "переулок",
}  # fmt: skip
_FIRST_BY_REGION = {
    region: kinds
    for regions, kinds in (
        ("FR BE LU MC", _FRENCH), ("ES MX AR CO CL PE VE EC UY CR", _SPANISH), ("IT SM", _ITALIAN), ("PT BR AO MZ", _PORTUGUESE),
        ("PL", _POLISH), ("RU UA BY KZ BG", _RUSSIAN), ("RO MD", _ROMANIAN), ("CZ SK", _CZECH),
    )
    for region in regions.split()
}  # fmt: skip
_LAST_IS_ENGLISH = frozenset(["GB", "US", "CA", "AU", "NZ", "IE", "IN", "SG", "ZA", "KE", "NG", "HK", "MY", "PH"]) | {
    ""
}
_GERMAN_ENDING = re.compile(r"(?<=[^\W\d_])(str\.?|strasse|pl\.)$|(?:^|(?<=[ -]))(str\.?|strasse)$", re.IGNORECASE)
_ENDINGS = {"s": "straße", "p": "platz"}
_FIRST_WORD = re.compile(
    r"(c/|[^\W\d_]{1,4}-[^\W\d_]{1,3}|[^\W\d_]\.[^\W\d_]{2,3}|[^\W\d_]+º?)\.?\s*(?=\S)", re.IGNORECASE
)


def written_out(name: str, region: str) -> str:
    """A street without number, in title case when it shouted, with its kind written out."""
    name = cased(name.strip(" ,;"))
    if not name or name.isdigit():
        return name
    return _last_word(_first_word(name, region), region)


def is_kind(word: str) -> bool:
    """Whether a word, whole or abbreviated, is an English kind of street."""
    plain = word.strip(".,").casefold()
    return plain in _ENGLISH or plain in _WRITTEN_OUT


def _first_word(name: str, region: str) -> str:
    found = _FIRST_WORD.match(name)
    if not found or found.end() == len(name):
        return name
    word, abbreviated = found[1].casefold(), found[0].rstrip()[-1] in "./º" or name[found.end() - 1] == " "
    kind = {**_ANY_FIRST, **_FIRST_BY_REGION.get(region, {})}.get(word)
    return f"{kind} {name[found.end() :]}" if kind and abbreviated else name


def _last_word(name: str, region: str) -> str:
    if region in ("NL", "BE") and name.casefold().endswith(("str", "str.")):
        return re.sub(r"(?i)str\.?$", "straat", name)
    words = name.split(" ")
    if region in _LAST_IS_ENGLISH and len(words) > 1:
        english = _english(words)
        if english:
            return english
    return name if region == "CH" and name.endswith("strasse") else _german(name)


def _english(words: list[str]) -> str:
    """ "N Main St" as North Main Street; empty when no kind of street is the last word but for a direction."""
    trailing = _DIRECTIONS.get(words[-1].strip(".").casefold()) if len(words) > 2 else None
    body = words[:-1] if trailing else words
    last = body[-1].strip(".").casefold()
    if last not in _ENGLISH and last not in _WRITTEN_OUT:
        return ""
    body = [*body[:-1], _ENGLISH.get(last, body[-1])]
    leading = _DIRECTIONS.get(body[0].strip(".").casefold()) if len(body) > 2 else None
    body = [leading, *body[1:]] if leading else body
    return " ".join([*body, trailing] if trailing else body)


def _german(name: str) -> str:
    found = _GERMAN_ENDING.search(name)
    if not found:
        return name
    ending = _ENDINGS[found[0][0].casefold()]
    joined = found.start() > 0 and name[found.start() - 1] not in " -"
    return name[: found.start()] + (ending if joined else ending.capitalize())
