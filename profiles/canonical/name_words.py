"""Words around names: titles, suffixes of generation, legal forms."""

import re

from .text import fold

SUFFIXES = {
    "jr": "Jr", "jnr": "Jr", "junior": "Jr", "sr": "Sr", "snr": "Sr", "senior": "Sr",
    "ii": "II", "2nd": "II", "iii": "III", "3rd": "III", "iv": "IV", "4th": "IV",
}  # fmt: skip
TITLES = {
    "mr": "Mr", "mister": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Miss", "mx": "Mx", "dr": "Dr", "doctor": "Dr",
    "prof": "Prof", "professor": "Prof", "sir": "Sir", "dame": "Dame", "rev": "Rev", "reverend": "Rev", "herr": "Herr",
    "herrn": "Herr", "hr": "Herr", "frau": "Frau", "mme": "Mme", "madame": "Mme", "mlle": "Mlle", "monsieur": "M",
    "sr": "Sr", "señor": "Sr", "sra": "Sra", "señora": "Sra", "srta": "Srta", "sig": "Sig", "signor": "Sig",
    "signora": "Sig.ra", "sig.ra": "Sig.ra", "dott": "Dott", "ing": "Ing", "dipl.-ing": "Dipl.-Ing", "mag": "Mag", "mgr": "Mgr",
    "dhr": "Dhr", "mevr": "Mevr", "pan": "Pan", "pani": "Pani", "г-н": "г-н", "г-жа": "г-жа", "κος": "κος", "κα": "κα",
}  # fmt: skip
LEGAL_FORMS = frozenset(
    [
        "ltd",
        "limited",
        "gmbh",
        "ggmbh",
        "mbh",
        "inc",
        "incorporated",
        "llc",
        "llp",
        "plc",
        "corp",
        "corporation",
        "ug",
        "srl",
        "sarl",
        "sas",
        "spa",
        "pty",
        "foundation",
        "trust",
        "university",
        "gbr",
        "ohg",
        "eg",
        "ev",
        "kft",
        "zrt",
        "lda",
        "ltda",
        "zoo",
        "doo",
        "aps",
        "oyj",
        "bvba",
        "aktiengesellschaft",
        "stiftung",
    ]
)
_LEGAL_CAPITALS = frozenset(["AG", "KG", "SE", "SA", "AB", "BV", "NV", "OY", "AS", "KK", "SL"])
_LEGAL_NATIVE = re.compile(
    r"株式会社|有限会社|有限公司|股份公司|주식회사|\b(?:ООО|ОАО|ЗАО|ПАО|ТОВ)\b|\bΑ\.?Ε\.?$|\bS\.[AL]\.$|\bsp\.? z ?o\.? ?o\.?|& co\b|\bdba\b",
    re.IGNORECASE,
)
_MARKS = ".,;: "


def key(word: str) -> str:
    """A word as the tables here hold it."""
    return word.strip(_MARKS).casefold()


def split_suffix(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix: "Smith Sr" is Smith, Sr."""
    words = name.split(" ")
    end = len(words)
    while end > 1 and (not key(words[end - 1]) or key(words[end - 1]) in SUFFIXES):
        end -= 1
    suffixes = [SUFFIXES[key(word)] for word in words[end:] if key(word)]
    return (" ".join(words[:end]).rstrip(",; "), suffixes[-1]) if suffixes else (name, "")


def split_title(name: str) -> tuple[str, str]:
    """A name without the titles before it, and these: "Prof. Dr. Ada" is Ada, Prof Dr."""
    words = name.split(" ")
    taken = 0
    while taken < len(words) - 1 and key(words[taken]) in TITLES:
        taken += 1
    titles = [TITLES[key(word)] for word in words[:taken]]
    return " ".join(words[taken:]), " ".join(titles)


def is_organisation(name: str) -> bool:
    """Whether a legal form gives an organisation away."""
    words = name.split(" ")
    if len(words) > 1 and fold(words[-1]).replace(" ", "") in LEGAL_FORMS:
        return True
    if len(words) > 1 and words[-1] in _LEGAL_CAPITALS and not name.isupper():
        return True
    return _LEGAL_NATIVE.search(name) is not None
