"""What an administrator adds to JupyterHub's configuration, and what must stay.

The chart renders ``hub.services``, ``hub.loadRoles``, ``hub.config`` and
``hub.extraConfig`` into one file of a Secret. They are applied in this order, after
Mofang's own configuration. After each step the traits that keep users apart, or that
another value of the chart sets, are compared with what Mofang configured: a change is
refused with a sentence, and the hub does not start.
"""

import linecache
import traceback
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from traitlets.config import LazyConfigValue

from mofang_hub.config.traits import PROTECTED_TRAITS
from mofang_hub.settings import Secrets

EXTENSION_FILE = Path("/etc/mofang/extension/extension.yaml")

_LISTS = ("services", "load_roles")
"""Traits of JupyterHub that ``hub.extraConfig`` may append to, but not replace."""


class ConfigError(Exception):
    """The administrator's configuration cannot be used; the message says which key."""


class Extension(BaseModel):
    """The administrator's part of the hub's configuration."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    config: dict[str, dict[str, Any]] = {}
    """Class → trait → value."""

    extra_config: dict[str, str] = {}
    """Name → Python source, run in the order of the names."""

    services: dict[str, dict[str, Any]] = {}
    """Name → JupyterHub's description of a service, without its token."""

    load_roles: dict[str, dict[str, Any]] = {}
    """Name → JupyterHub's description of a role."""

    custom: dict[str, Any] = {}
    """Values of the administrator's own, for ``extra_config``."""

    @classmethod
    def load(cls, path: Path = EXTENSION_FILE) -> Self:
        """Read the file; where there is none, nothing is added."""
        if not path.exists():
            return cls()
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

    def apply(self, c: Any, secrets: Secrets) -> None:
        """Add everything to a configuration that is complete without it.

        Args:
            c: traitlets' configuration object.
            secrets: Holds the token of each service as ``<name>-token``.

        Raises:
            ConfigError: Names the key that cannot be used, with the reason.
        """
        self._add_services(c, secrets)
        self._add_roles(c)
        guard = _Guard(c)
        for section, traits in self.config.items():
            if not section[:1].isupper():
                raise ConfigError(
                    f"hub.config.{section} is not the name of a class, such as "
                    "JupyterHub: sections of hub.config begin with a capital letter."
                )
            for name in traits:
                if section == "JupyterHub" and name in _LISTS:
                    raise ConfigError(
                        f"hub.config.JupyterHub.{name} would replace Mofang's own "
                        f"entries. {PROTECTED_TRAITS[section][name]}"
                    )
            for name, value in traits.items():
                before = c[section].get(name) if section in c else None
                c[section][name] = _merged(name, before, deepcopy(value))
            guard.check(f"hub.config.{section}")
            _pass_on(c)
        for key in sorted(self.extra_config):
            self._run(key, c)
            guard.check(f"hub.extraConfig, key {key!r},")
            _pass_on(c)

    def _add_services(self, c: Any, secrets: Secrets) -> None:
        services = list(c.JupyterHub.get("services", []))
        taken = {each["name"] for each in services}
        for key, given in self.services.items():
            service = {"name": key, **given}
            if service["name"] in taken:
                raise ConfigError(
                    f"hub.services.{key} has the name of a service of Mofang's own. "
                    "Give it another."
                )
            if token := secrets.get(f"{key}-token"):
                service["api_token"] = token
            services.append(service)
        if services:
            c.JupyterHub.services = services

    def _add_roles(self, c: Any) -> None:
        roles = [dict(each) for each in c.JupyterHub.get("load_roles", [])]
        own = {each["name"]: each for each in roles}
        for key, given in self.load_roles.items():
            role = {"name": key, **given}
            if role["name"] in own:
                # The role "user", which every user has: what Mofang needs remains.
                scopes = own[role["name"]]["scopes"]
                added = [each for each in role.get("scopes", []) if each not in scopes]
                own[role["name"]] |= {**role, "scopes": [*scopes, *added]}
            else:
                roles.append(role)
        if roles:
            c.JupyterHub.load_roles = roles

    def _run(self, key: str, c: Any) -> None:
        source, filename = self.extra_config[key], f"<hub.extraConfig {key}>"
        # Tracebacks show the lines of a source that linecache knows.
        linecache.cache[filename] = (
            len(source),
            None,
            source.splitlines(keepends=True),
            filename,
        )
        names = {
            "__name__": f"hub.extraConfig.{key}",
            "__file__": filename,
            "c": c,
            "custom": self.custom,
            "get_config": lambda: c,
        }
        try:
            exec(compile(source, filename, "exec"), names)  # noqa: S102 - that is what it is for
        except Exception as err:
            line = _line_of(err, filename)
            place = f", line {line}" if line else ""
            raise ConfigError(
                f"hub.extraConfig, key {key!r}{place}: {type(err).__name__}: {err}"
            ) from err


def _merged(trait: str, before: Any, given: Any) -> Any:
    """What a trait is when the administrator's value comes to Mofang's."""
    if isinstance(given, LazyConfigValue):
        # Such as c.KubeSpawner.tolerations.append(...) of a trait set elsewhere.
        return given.get_value(before if before is not None else _empty(given))
    if isinstance(before, dict) and isinstance(given, dict):
        return {**before, **given}
    if trait == "template_paths" and before:
        # Found first; the templates that they extend are still there.
        return [*given, *before]
    return given


def _empty(given: LazyConfigValue) -> Any:
    return {} if isinstance(given.to_dict().get("update"), dict) else []


def _pass_on(c: Any) -> None:
    """Give MofangSpawner what was set on the classes above it.

    Where Mofang itself has set a trait of MofangSpawner, traitlets would take that.
    """
    for section in ("Spawner", "KubeSpawner"):
        if section not in c:
            continue
        for trait in [each for each in c[section] if each in c.MofangSpawner]:
            given = c[section].pop(trait)
            c.MofangSpawner[trait] = _merged(trait, c.MofangSpawner[trait], given)


class _Guard:
    """The protected traits as Mofang configured them."""

    def __init__(self, c: Any) -> None:
        self._c = c
        self._before = deepcopy(self._now())

    def check(self, source: str) -> None:
        """Compare with what is configured now.

        Raises:
            ConfigError: A protected trait was changed by ``source``.
        """
        now = self._now()
        for (section, trait), reason in _reasons().items():
            before, after = (
                self._before.get((section, trait)),
                now.get((section, trait)),
            )
            if before == after:
                continue
            if trait in _LISTS and section == "JupyterHub" and _contains(after, before):
                continue
            raise ConfigError(f"{source} sets {section}.{trait}. {reason}")

    def _now(self) -> dict[tuple[str, str], Any]:
        # Sections and traits that nobody set must not come into being by a look.
        return {
            (section, trait): self._c[section][trait]
            for section, trait in _reasons()
            if section in self._c and trait in self._c[section]
        }


def _reasons() -> Mapping[tuple[str, str], str]:
    return {
        (section, trait): reason
        for section, traits in PROTECTED_TRAITS.items()
        for trait, reason in traits.items()
    }


def _contains(after: Any, before: Any) -> bool:
    """Whether nothing was taken from a list."""
    return isinstance(after, list) and all(each in after for each in before or [])


def _line_of(err: Exception, filename: str) -> int | None:
    if isinstance(err, SyntaxError):
        return err.lineno
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(err.__traceback__)
        if frame.filename == filename
    ]
    return lines[-1] if lines else None
