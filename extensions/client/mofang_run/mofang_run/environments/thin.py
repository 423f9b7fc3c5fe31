"""What a directory holds until its first change: a way to the image's packages.

Most directories are never changed, and a full one takes tens of thousands of links.
Until pip or uv is to change something, the image's packages are found by a path. pip
sees them so too; uv does not, and has them linked whatever it is asked.
"""

from __future__ import annotations

from pathlib import Path

from mofang_run.environments import scripts
from mofang_run.environments.image import Image
from mofang_run.environments.plan import Plan, add_python

HOOK = "_mofang_packages"
"""A module that waits for pip."""

_HOOK = '''\
"""Before pip is used here, the packages of the image are linked into this folder.

Then they can be changed like any others. Written by mofang-environment.
"""

import sys


class _BeforePip:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "pip" or not {{"install", "uninstall"}} & {{*sys.orig_argv}}:
            return None
        sys.meta_path.remove(cls)
        import importlib
        import os
        import subprocess

        variables = {{**os.environ, "HOME": {home!r}, "MOFANG_ENVIRONMENT": {name!r}}}
        ended = subprocess.run({command!r}, env=variables)
        if not ended.returncode:
            sys.path[:] = [each for each in sys.path if each not in {sites!r}]
            importlib.invalidate_caches()
        return None


if sys.prefix == {prefix!r}:
    sys.meta_path.insert(0, _BeforePip)
'''

_UV = """\
#!/bin/sh
# As before pip, the packages of the image are linked before uv changes some.
case "$VIRTUAL_ENV: $* " in
  "{prefix}:"*" pip "*) {command} || exit ;;
esac
exec {uv} "$@"
"""


def build_thin_plan(image: Image, prefix: Path) -> Plan:
    """Plan a directory that holds nothing of the image's packages yet."""
    plan = Plan()
    for site in image.sites:
        for one in image.distributions(site):
            plan.distributions.setdefault(one.name, one.version)
    if image.overlay is not None:
        for name in scripts.names(image.overlay):
            path = f"bin/{name}"
            content = scripts.converted(image.overlay, name, prefix)
            if content is None:
                plan.links[path] = str(image.overlay / path)
            else:
                plan.files[path] = (content, 0o755)
    for name in scripts.names(image.prefix):
        if f"bin/{name}" in plan.files:
            continue
        content = scripts.converted(image.prefix, name, prefix)
        if name.startswith("pip") and content is not None:
            plan.files[f"bin/{name}"] = (content, 0o755)
    python = str(image.prefix / "bin" / "python")
    command = [python, "-I", "-m", "mofang_run.environments.cli", "prepare"]
    uv = image.prefix / "bin" / "uv"
    if uv.is_file():
        text = _UV.format(prefix=prefix, command=" ".join(command), uv=uv)
        plan.files["bin/uv"] = (text.encode(), 0o755)
    hook = _HOOK.format(
        home=str(prefix.parents[2]),
        name=prefix.name,
        command=command,
        sites=list(map(str, image.sites)),
        prefix=str(prefix),
    )
    path = "import site; " + "; ".join(
        f"site.addsitedir({str(site)!r})" for site in image.sites
    )
    folder = image.site_folder
    plan.files[f"{folder}/{HOOK}.py"] = (hook.encode(), 0o644)
    plan.files[f"{folder}/{HOOK}.pth"] = (f"import {HOOK}\n{path}\n".encode(), 0o644)
    add_python(plan, image)
    return plan
