"""What is kept of what people write: personal data and secrets are masked before it is."""

from ingest.clean.secrets import mask_secrets
from service.language.rule import rules

GROUP = "personal"


def masked(text: str) -> str:
    """Put the kind in brackets for mobile and ID numbers, bank cards, e-mail, plates, passports, keys and passwords.

    Numbers with a check digit are masked where it holds.
    """
    for rule in rules(GROUP):
        text = rule.pattern.sub(f"[{rule.key}]", text)
    return mask_secrets(text)[0]
