"""Settings of HDFS' clients as the files that Hadoop's programs read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class HdfsSettings(BaseModel):
    """Properties by name, of all projects alike."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    core_site: dict[str, str] = {}
    hdfs_site: dict[str, str] = {}

    @property
    def files(self) -> dict[str, str]:
        """Return the texts of the files by name; none where nothing is set."""
        found = {"core-site.xml": self.core_site, "hdfs-site.xml": self.hdfs_site}
        if not any(found.values()):
            return {}
        return {name: render_site(properties) for name, properties in found.items()}


def render_site(properties: Mapping[str, str]) -> str:
    """Return a configuration in Hadoop's XML."""
    root = ET.Element("configuration")
    for name, value in properties.items():
        element = ET.SubElement(root, "property")
        ET.SubElement(element, "name").text = name
        ET.SubElement(element, "value").text = value
    ET.indent(root)
    # Its own declaration would name the encoding of the process.
    return f'<?xml version="1.0"?>\n{ET.tostring(root, encoding="unicode")}\n'
