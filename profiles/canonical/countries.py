"""Countries by code and by name in some twenty languages."""

from functools import cache

from .text import fold, plain
from .types import Context, Problem, Standardised

UNKNOWN = Standardised(problem=Problem("country_unknown", "This is not the name or code of a country."))
_ALPHA_3_AND_2 = (
    "ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ BDIBI "
    "BELBE BENBJ BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT "
    "BVTBV BWABW CAFCF CANCA CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM CPVCV CRICR CUBCU "
    "CUWCW CXRCX CYMKY CYPCY CZECZ DEUDE DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET "
    "FINFI FJIFJ FLKFK FRAFR FROFO FSMFM GABGA GBRGB GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR "
    "GRDGD GRLGL GTMGT GUFGF GUMGU GUYGY HKGHK HMDHM HNDHN HRVHR HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR "
    "IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE JORJO JPNJP KAZKZ KENKE KGZKG KHMKH KIRKI KNAKN KORKR KWTKW LAOLA LBNLB "
    "LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD MDGMG MDVMV MEXMX MHLMH "
    "MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA NCLNC NERNE "
    "NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL "
    "PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ "
    "SLBSB SLESL SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC "
    "TCDTD TGOTG THATH TJKTJ TKLTK TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV TWNTW TZATZ UGAUG UKRUA UMIUM URYUY "
    "USAUS UZBUZ VATVA VCTVC VENVE VGBVG VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA ZMBZM ZWEZW "
)
_ALSO = {
    "GB": "uk|great britain|britain|england|scotland|wales|northern ireland|united kingdom of great britain and northern ireland",
    "US": "america|u s|u s a|united states of america|the united states|estados unidos de america|eeuu|ee uu|stany zjednoczone ameryki|ssha",
    "DE": "ger|federal republic of germany|bundesrepublik deutschland|brd", "NL": "holland|the netherlands|holanda|pays bas|nederland",
    "RU": "russian federation|rossiya|rossiyskaya federatsiya", "CZ": "czechia|cesko|tschechien|ceska republika", "GR": "el|hellas|ellada",
    "CH": "swiss|schweiz|suisse|svizzera|confoederatio helvetica", "AE": "uae|u a e|emirates", "KR": "korea|republic of korea|rok",
    "KP": "dprk", "CN": "prc|peoples republic of china|mainland china", "TW": "republic of china|taiwan roc", "HK": "hong kong sar|hongkong",
    "TR": "turkiye|republic of turkey", "IE": "eire|republic of ireland|irish republic", "VN": "vietnam|viet nam",
    "CI": "ivory coast|cote divoire", "CD": "democratic republic of the congo|dr congo|drc", "CG": "republic of the congo|congo brazzaville",
    "MK": "north macedonia", "SZ": "eswatini|swaziland", "MM": "burma|myanmar", "CV": "cabo verde|cape verde", "TL": "east timor",
    "VA": "vatican|holy see|vatican city", "BO": "bolivia", "VE": "venezuela", "IR": "iran|persia", "SY": "syria", "LA": "laos",
    "TZ": "tanzania", "MD": "moldova", "PS": "palestine", "AT": "oesterreich", "PL": "rzeczpospolita polska|rp", "BN": "brunei",
    "XK": "kosovo", "SA": "ksa|saudi|السعودية|المملكة العربية السعودية",
}  # fmt: skip
CODES = frozenset(pair[3:] for pair in "".join(_ALPHA_3_AND_2).split()) | {"XK"}


def country(raw: str, context: Context) -> Standardised:
    """A country by name or code, to its two-letter ISO code; what is none is set aside."""
    text = plain(raw[:200])
    if not text:
        return Standardised()
    found = country_code(text)
    return Standardised({"country": (found,)}) if found else UNKNOWN


def country_code(text: str) -> str:
    """The ISO code of a country's name or code; empty when there is no such country."""
    folded = fold(text)
    if len(folded) == 2 and folded.upper() in CODES:
        return folded.upper()
    return _by_name().get(folded) or _by_name().get(folded.removeprefix("the "), "")


@cache
def _by_name() -> dict[str, str]:
    """Folded names and three-letter codes of all countries. The library's take a quarter of a second to load."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    names = {
        fold(name): code
        for code, by_language in LOCALE_DATA.items()
        for name in by_language.values()
        if code in CODES and len(fold(name)) > 3 and not name.startswith("*")
    }
    names |= {pair[:3].lower(): pair[3:] for pair in "".join(_ALPHA_3_AND_2).split()}
    return names | {fold(name): code for code, words in _ALSO.items() for name in words.split("|")}
