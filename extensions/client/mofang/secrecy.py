"""Tell settings from secrets, so that no secret is stored where others read it.

A job's specification is kept on its Kubernetes object, where every viewer of the
project can see it. What looks like a secret is therefore refused at the door.
"""

from __future__ import annotations

import re
from itertools import pairwise

WAY_OUT = (
    "Everybody in the project can read a job's settings. Name a Secret of the project "
    "under secrets, or keep the value in a file of your home directory with mode 0600 "
    "and read it in the script."
)

_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "SECRET", "APIKEY")
_WORDS = {"SECRETS", "CREDENTIAL", "CREDENTIALS", "PASSWORDS"}
_PAIRS = {f"{word}_KEY" for word in ("API", "ACCESS", "SECRET", "PRIVATE", "AUTH")}
# The name of a file that holds a secret is the way out, not the secret.
_PLACES = {"FILE", "PATH", "DIR", "URL", "URI", "ENDPOINT", "NAME", "TYPE"}
_HARMLESS = {"", "0", "1", "true", "false", "yes", "no", "on", "off", "none"}

_SHAPES = re.compile(
    r"""
      -----BEGIN\ [A-Z ]*PRIVATE\ KEY                 # PEM
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                   # AWS
    | \bAIza[0-9A-Za-z_-]{35}                         # Google
    | \bgh[pousr]_[0-9A-Za-z]{30,}                    # GitHub
    | \bgithub_pat_[0-9A-Za-z_]{30,}
    | \bglpat-[0-9A-Za-z_-]{20,}                      # GitLab
    | \bhf_[0-9A-Za-z]{30,}                           # Hugging Face
    | \bsk-[0-9A-Za-z_-]{20,}                         # OpenAI and kin
    | \bxox[abprs]-[0-9A-Za-z-]{10,}                  # Slack
    | \bpypi-[0-9A-Za-z_-]{50,}                       # PyPI
    | \bnpm_[0-9A-Za-z]{36}                           # npm
    | \beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}      # JSON web tokens
    | ://[^/\s:@]{1,256}:[^/\s@]{1,256}@              # passwords in addresses
    """,
    re.VERBOSE,
)


def is_secret_name(name: str) -> bool:
    """Say whether a variable of this name usually holds a secret.

    ``HF_TOKEN`` does; ``TOKENIZERS_PARALLELISM``, ``MAX_TOKENS`` and
    ``HF_TOKEN_PATH`` do not.
    """
    words = name.upper().strip("_").split("_")
    if words[-1] in _PLACES:
        return False
    pairs = {"_".join(pair) for pair in pairwise(words)}
    return bool(
        pairs & _PAIRS
        or any(word.endswith(_ENDINGS) or word in _WORDS for word in words)
    )


def is_secret_value(value: str) -> bool:
    """Say whether the text holds a key of a known shape."""
    return _SHAPES.search(value) is not None


def is_secret(name: str, value: str) -> bool:
    """Say whether a variable looks like a secret by its name or by its value."""
    if is_secret_value(value):
        return True
    return is_secret_name(name) and value.strip().lower() not in _HARMLESS
