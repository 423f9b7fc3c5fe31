"""Tell settings from secrets, so that no secret is stored where others read it.

A job's specification is kept on its Kubernetes object, where every viewer of the
project can see it. What looks like a secret is therefore refused at the door.
"""

from __future__ import annotations

import re
import string
from itertools import pairwise

WAY_OUT = (
    "Everybody in the project can read a job's settings. Name a Secret of the project "
    "under secrets, or keep the value in a file of your home directory with mode 0600 "
    "and read it in the script."
)

_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "SECRET", "APIKEY")
_SECRET_PARTS = {"SECRETS", "CREDENTIAL", "CREDENTIALS", "PASSWORDS"}
_PAIRS = {f"{part}_KEY" for part in ("API", "ACCESS", "SECRET", "PRIVATE", "AUTH")}
_HARMLESS = {"", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null"}

_DESCRIPTIONS = {
    *("FILE", "PATH", "DIR", "URL", "URI", "ENDPOINT", "NAME", "TYPE"),
    *("COLUMN", "COLUMNS", "FIELD", "FIELDS", "LENGTH", "LEN", "LIMIT", "COUNT"),
    *("SIZE", "BUDGET", "INDEX", "TTL"),
}
"""Last words of names that tell something about a secret: where it is, how long it may
be. The name of a file that holds one is the way out, not the secret."""

_MODEL_TOKENS = {
    *("PAD", "EOS", "BOS", "UNK", "MASK", "SEP", "CLS", "SPECIAL", "STOP", "START"),
    *("BEGIN", "END", "PREFIX", "SUFFIX", "MIDDLE", "IMAGE", "AUDIO", "VIDEO", "TEXT"),
    *("MAX", "MIN", "NUM", "PER", "NEXT", "PREV"),
}
"""What comes before the word token where it is one of a language model's."""

_MODEL_TOKEN = re.compile(r"<[^<>]{1,64}>|\[[A-Za-z_ ]{1,64}\]")
"""Such as ``<pad>``, ``<|endoftext|>`` and ``[MASK]``."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?")

# Every pattern takes time in proportion to the text, whatever that is: no repetition
# without a bound may begin in the middle of another one.
_SHAPES = re.compile(
    r"""
      -----BEGIN\ [A-Z ]{0,64}PRIVATE\ KEY            # PEM
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                   # AWS
    | \bAIza[0-9A-Za-z_-]{35}                         # Google
    | \bgh[pousr]_[0-9A-Za-z]{30}                     # GitHub
    | \bgithub_pat_[0-9A-Za-z_]{30}
    | \bglpat-[0-9A-Za-z_-]{20}                       # GitLab
    | \bhf_[0-9A-Za-z]{30}                            # Hugging Face
    | \bsk-[0-9A-Za-z_-]{20}                          # OpenAI and kin
    | \bxox[abprs]-[0-9A-Za-z-]{10}                   # Slack
    | \bpypi-[0-9A-Za-z_-]{50}                        # PyPI
    | \bnpm_[0-9A-Za-z]{36}                           # npm
    | ://[^/\s:@]{1,256}:[^/\s@]{1,256}@              # passwords in addresses
    """,
    re.VERBOSE,
)

_STARTS = re.compile(
    "-----BEGIN |AKIA|ASIA|AIza|gh[pousr]_|github_pat_|glpat-|hf_|sk-|xox[abprs]-|pypi-"
    "|npm_|://"
)
"""How the shapes begin: a search for these alone is far faster, as each of them begins
with a letter of its own."""

# JSON Web Tokens have three parts with dots between them.
_BASE64URL = string.ascii_letters + string.digits + "_-"
_JWT_HEADER = re.compile(r"\beyJ[\w-]{10}", re.ASCII)
_JWT_PAYLOAD = re.compile(r"eyJ[\w-]{10,}", re.ASCII)
_JWT_SIGNATURE = re.compile(r"[\w-]{10}", re.ASCII)


def is_secret_name(name: str) -> bool:
    """Say whether a variable of this name usually holds a secret.

    ``HF_TOKEN`` does; ``TOKENIZERS_PARALLELISM``, ``MAX_TOKENS``, ``PAD_TOKEN`` and
    ``HF_TOKEN_PATH`` do not.
    """
    parts = _parts(name)
    if parts[-1] in _DESCRIPTIONS:
        return False
    return _names_password(parts) or _names_token(parts)


def is_secret_value(value: str) -> bool:
    """Say whether the text holds a key of a known shape."""
    starts = (found.start() for found in _STARTS.finditer(value))
    return any(_SHAPES.match(value, at) for at in starts) or _has_web_token(value)


def is_secret(name: str, value: str) -> bool:
    """Say whether a variable looks like a secret by its name or by its value."""
    if is_secret_value(value):
        return True
    plain = value.strip()
    if not is_secret_name(name) or plain.lower() in _HARMLESS:
        return False
    return _names_password(_parts(name)) or not _is_model_token(plain)


def _parts(name: str) -> list[str]:
    return name.upper().strip("_").split("_")


def _names_password(parts: list[str]) -> bool:
    """Say whether a name tells of a secret that is no token."""
    pairs = {"_".join(pair) for pair in pairwise(parts)}
    return bool(pairs & _PAIRS) or any(
        part in _SECRET_PARTS
        or (part.endswith(_ENDINGS) and not part.endswith("TOKEN"))
        for part in parts
    )


def _names_token(parts: list[str]) -> bool:
    """Say whether a name tells of a token that is none of a language model's."""
    return any(
        part.endswith("TOKEN")
        and (part.removesuffix("TOKEN") or before) not in _MODEL_TOKENS
        for before, part in pairwise(["", *parts])
    )


def _is_model_token(value: str) -> bool:
    """Say whether a text is a language model's token, its number, or a count."""
    return bool(_MODEL_TOKEN.fullmatch(value) or _NUMBER.fullmatch(value))


def _has_web_token(text: str) -> bool:
    parts = text.split(".")
    return any(
        _JWT_PAYLOAD.fullmatch(payload)
        and _JWT_SIGNATURE.match(signature)
        and _JWT_HEADER.search(header[len(header.rstrip(_BASE64URL)) :])
        for header, payload, signature in zip(parts, parts[1:], parts[2:], strict=False)
    )
