"""Settings of every notebook server; JupyterHub's own come on top."""
# ruff: noqa: INP001 - a file that traitlets reads, not a module of a package.

import os

from mofang_run.environments.directory import find_directory

c = get_config()  # noqa: F821 - defined by traitlets when it reads this file.

# A path in the file browser is the path in the container without its first
# slash, so home, /projects and /global are all within reach.
c.ServerApp.root_dir = "/"
c.FileContentsManager.preferred_dir = "home/jovyan"

# No handler answers a stranger because somebody forgot a decorator.
c.ServerApp.allow_unauthenticated_access = False

# Deleted means deleted: a trash in a shared home is room nobody finds again.
c.FileContentsManager.delete_to_trash = False

# Kernels run with the person's own packages of the environment, and the front ends
# that came with these are loaded. The server itself uses neither.
c.ServerApp.kernel_spec_manager_class = (
    "mofang_training.kernelspecs.EnvironmentKernelSpecManager"
)
if packages := find_directory(os.environ):
    c.LabServerApp.extra_labextensions_path = [
        str(packages.path / "share" / "jupyter" / "labextensions")
    ]

c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash", "-l"]}

# Nothing here asks the internet for extensions; the image brings them.
c.LabApp.extension_manager = "readonly"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
