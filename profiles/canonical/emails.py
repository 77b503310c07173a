"""E-mail addresses."""

from email_validator import EmailNotValidError, validate_email

from .text import tidy
from .types import Context, Problem, Standardised


def email(raw: str, context: Context) -> Standardised:
    """An e-mail address in small letters; what is no address is set aside."""
    text = tidy(raw).removeprefix("mailto:").strip("<> ").casefold()
    if not text:
        return Standardised()
    if _plain(text):
        return Standardised({"email": (text,)})
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError:
        return Standardised(problem=Problem("not_an_email", "This is not an e-mail address."))
    return Standardised({"email": (found,)})


def _plain(text: str) -> bool:
    """The commonest shape, recognised without the full grammar."""
    local, at, domain = text.partition("@")
    labels = domain.split(".")
    return (
        bool(at) and len(local) <= 64 and len(domain) <= 253 and len(labels) > 1
        and text.isascii() and local.replace(".", "").replace("_", "").replace("-", "").replace("+", "").isalnum()
        and not local.startswith(".") and not local.endswith(".") and ".." not in local
        and all(label.replace("-", "").isalnum() and label[0] != "-" and label[-1] != "-" for label in labels)
        and labels[-1].isalpha()
    )  # fmt: skip
