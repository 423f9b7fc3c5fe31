"""All generated sections, by the name that pages use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mofang_docs import chart, command_line, rest, service, traits

SECTIONS: Mapping[str, Callable[[], str]] = {
    "causes": service.causes,
    "commands": command_line.commands,
    "engines": service.engines,
    "environment-fields": chart.environment_fields,
    "framework-examples": service.framework_examples,
    "framework-starts": service.framework_starts,
    "frameworks": service.frameworks,
    "metrics": service.metrics,
    "operations": rest.operations,
    "project-fields": chart.project_fields,
    "protected-traits": traits.protected_traits,
    "rest-models": rest.models,
    "rights": chart.rights,
    "spawner-traits": traits.spawner_traits,
    "values": chart.values,
}
