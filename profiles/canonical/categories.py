"""Categories: a few known values in many spellings and languages."""

from collections.abc import Mapping

from .text import fold, plain
from .types import Context, Problem, Standardised

UNKNOWN = Standardised(problem=Problem("unknown_value", "This is none of the known values."))

# Value and its spellings, folded except where folding would confuse them with other words.
_GENDERS = {
    "male": "m|muz|muzh|male|man|men|boy|mr|herr|mann|maennlich|mannlich|monsieur|homme|masculin|h|hombre|masculino|varon|uomo|maschio|maschile|"
            "man nl|mannelijk|mezczyzna|meski|muzhskoy|muzhchina|andras|男|男性|남|남성|ذكر|1",
    "female": "f|zena|zhen|female|woman|women|girl|w|weiblich|frau|mrs|ms|miss|mme|madame|femme|feminin|feminine|mujer|femenino|donna|femmina|femminile|"
              "vrouw|vrouwelijk|v|kobieta|k|zenski|zena|zhenskiy|zhenshchina|gynaika|女|女性|여|여성|أنثى|2",
    "other": "o|other|x|d|divers|diverse|non binary|nonbinary|nb|third|autre|otro|altro|anders|inne|drugoy|intersex",
}  # fmt: skip
_LANGUAGES = {
    "ar": "ara|arabic|arabisch|arabe|lrbyh", "bg": "bul|bulgarian", "cs": "ces|cze|czech|cestina|cesky", "da": "dan|danish|dansk|danisch",
    "de": "deu|ger|german|deutsch|allemand|aleman|tedesco|duits|niemiecki|nemetskiy", "el": "ell|gre|gr|greek|ellinika|griechisch",
    "en": "eng|english|englisch|anglais|ingles|inglese|engels|angielski|angliyskiy", "es": "spa|spanish|espanol|castellano|spanisch|espagnol|"
    "spagnolo|hiszpanski", "et": "est|estonian|eesti", "fa": "fas|per|persian|farsi", "fi": "fin|finnish|suomi", "fr": "fra|fre|french|"
    "francais|franzosisch|frances|francese|francuski", "he": "heb|hebrew|iw|ivrit", "hi": "hin|hindi", "hr": "hrv|croatian|hrvatski",
    "hu": "hun|hungarian|magyar|ungarisch", "id": "ind|indonesian|bahasa indonesia", "it": "ita|italian|italiano|italienisch|italien|wloski",
    "ja": "jpn|japanese|jp|japanisch|japonais|nihongo|日本語", "ko": "kor|korean|kr|hangugeo|koreanisch", "lt": "lit|lithuanian|lietuviu",
    "lv": "lav|latvian|latviesu", "nl": "nld|dut|dutch|nederlands|niederlandisch|neerlandais|flemish|vlaams", "no": "nor|nb|nn|nob|nno|"
    "norwegian|norsk", "pl": "pol|polish|polski|polnisch|polonais", "pt": "por|portuguese|portugues|portugiesisch|portugais", "ro": "ron|rum|"
    "romanian|romana", "ru": "rus|russian|russkiy|russisch|russe|ruso|rosyjski", "sk": "slk|slo|slovak|slovencina", "sl": "slv|slovene|"
    "slovenian|slovenscina", "sq": "sqi|alb|albanian|shqip", "sr": "srp|serbian|srpski", "sv": "swe|se|swedish|svenska|schwedisch",
    "sw": "swa|swahili|kiswahili", "th": "tha|thai", "tr": "tur|turkish|turkce|turkisch", "uk": "ukr|ua|ukrainian|ukrainska|ukrayinskiy|"
    "ukrainisch", "ur": "urd|urdu", "vi": "vie|vietnamese|tieng viet", "zh": "zho|chi|cn|chinese|mandarin|zhongwen|chinesisch|chinois",
}  # fmt: skip
_KINDS = {
    "person": "person|p|individual|natural|natural person|private|private person|private customer|consumer|b2c|human|people|privat|privatperson|"
              "privatkunde|particulier|particular|personne|persona|osoba|osoba fizyczna|fizicheskoe litso|i|ind",
    "organisation": "organisation|organization|o|org|company|business|b2b|legal|legal person|legal entity|firm|firma|firmenkunde|"
                    "geschaftskunde|geschaeftskunde|unternehmen|entreprise|societe|empresa|impresa|azienda|bedrijf|corporate|corporation|"
                    "commercial|enterprise|juristische person|yuridicheskoe litso|c|b",
}  # fmt: skip
_PREFERENCES = {
    "email": "email|e mail|mail|e|electronic mail|courriel|correo|correo electronico|per email|by email|poczta elektroniczna",
    "phone": "phone|p|tel|telephone|call|voice|telefon|telefono|telefoon|anruf|appel|by phone|landline|telefonisch",
    "sms": "sms|s|text|text message|mobile|txt|whatsapp|message|by text|by sms",
    "post": "post|letter|postal|paper|l|brief|courrier|lettre|carta|posta|poczta|by post|direct mail|snail mail|postal mail",
    "none": "none|no|n|never|opt out|optout|no contact|do not contact|dont contact|unsubscribed|keine|kein kontakt|aucun|ninguno|nessuno|brak",
}  # fmt: skip


def _spellings(table: Mapping[str, str]) -> dict[str, str]:
    found = {spelling: value for value, words in table.items() for spelling in words.split("|")}
    return found | {fold(value): value for value in table}


_GENDER_OF, _LANGUAGE_OF, _KIND_OF, _PREFERENCE_OF = map(_spellings, (_GENDERS, _LANGUAGES, _KINDS, _PREFERENCES))


def _choose(field: str, raw: str, known: Mapping[str, str]) -> Standardised:
    text = plain(raw[:200])
    if not text:
        return Standardised()
    folded = fold(text)
    value = known.get(text) or known.get(folded) or known.get(folded.replace(" ", ""))
    return Standardised({field: (value,)}) if value else UNKNOWN


def gender(raw: str, context: Context) -> Standardised:
    """Male, female or other, as words or letters of several languages; anything else is set aside."""
    return _choose("gender", raw, _GENDER_OF)


def language(raw: str, context: Context) -> Standardised:
    """A language by name or code ("Deutsch", "ger", "de-AT"), to its two-letter ISO code."""
    found = _choose("language", raw, _LANGUAGE_OF)
    if found.problem and raw.strip()[2:3] in ("-", "_"):
        return _choose("language", raw.strip()[:2], _LANGUAGE_OF)
    return found


def party_kind(raw: str, context: Context) -> Standardised:
    """Person or organisation, in several languages."""
    return _choose("party_kind", raw, _KIND_OF)


def contact_preference(raw: str, context: Context) -> Standardised:
    """How a customer wants to be reached: email, phone, sms, post or none."""
    return _choose("contact_preference", raw, _PREFERENCE_OF)
