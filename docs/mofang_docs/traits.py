"""Traits of JupyterHub's classes: which may be configured, and what decides others."""

from __future__ import annotations

from mofang_docs.tables import code, table
from mofang_hub.config.traits import PROTECTED_TRAITS
from mofang_spawner.kubespawner_traits import TRAITS, Rule

_SPAWNERS = {"Spawner", "KubeSpawner", "MofangSpawner"}


def spawner_traits() -> str:
    """Return the rule for each trait of KubeSpawner."""
    rows = []
    for name, trait in sorted(TRAITS.items()):
        rule, note = trait.rule, trait.note
        # The chart's configuration is compared with this table first.
        reason = PROTECTED_TRAITS["KubeSpawner"].get(name)
        if rule is Rule.MERGED and reason is not None:
            rule, note = Rule.SET, reason
        rows.append([code(name), rule, note])
    return table(["trait", "rule", "what that means"], rows)


def protected_traits() -> str:
    """Return the protected traits of all classes but those of KubeSpawner."""
    rows = [
        [code(name), code(trait), reason]
        for name, traits in PROTECTED_TRAITS.items()
        for trait, reason in traits.items()
        if name not in _SPAWNERS or (name == "MofangSpawner" and trait not in TRAITS)
    ]
    return table(["class", "trait", "why, and what to use"], rows)
