"""A repository elsewhere, and a hub on loopback that is asked about links."""

import json
import subprocess
from contextlib import asynccontextmanager
from types import SimpleNamespace

from tornado.web import Application, RequestHandler
from unit.mofang_training.notebook import HUB_TOKEN, served

IDENTITY = ("-c", "user.name=Eve", "-c", "user.email=eve@example.org")


def git(folder, *arguments):
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def commit(folder, **files):
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=change")


def make_upstream(folder):
    """A repository with a notebook and a script on main."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, **{"a.ipynb": "{}", "b.py": "one\ntwo\nthree\n"})
    return folder


@asynccontextmanager
async def running_hub(monkeypatch):
    """A hub; yields what it says of links, and what it was asked."""
    told = SimpleNamespace(
        status=200,
        answer={"confirmed": True, "host": "github.com", "directory": "course"},
        asked=[],
    )

    class Link(RequestHandler):
        async def post(self):
            told.asked.append(
                (self.request.headers["Authorization"], json.loads(self.request.body))
            )
            self.set_status(told.status)
            self.finish(json.dumps(told.answer))

    path = "/hub/api/mofang/users/ada/servers/vision-pytorch/link"
    async with served(Application([(path, Link)])) as port:
        monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://127.0.0.1:{port}/hub/api")
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", HUB_TOKEN)
        monkeypatch.setenv("JUPYTERHUB_USER", "ada")
        monkeypatch.setenv("JUPYTERHUB_SERVER_NAME", "vision-pytorch")
        yield told
