"""What a colleague's server can do to whoever opens its page: nothing.

The server belongs to its user, so it may serve any page and any script on its host.
Each thing that such a page tries is first tried where it must succeed, on the server's
own host: a page that does not run at all would prove nothing.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.hub import HubSession
from support.platform import Platform

OPTIONS = {"project": "vision", "environment": "base"}
SERVER = "vision-base"

CONFIGURATION = """
import http.server, pathlib

HERE = pathlib.Path(__file__).parent

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        is_script = self.path.endswith(".js")
        body = (HERE / ("worker.js" if is_script else "page.html")).read_bytes()
        self.send_response(200)
        kind = "text/javascript" if is_script else "text/html"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Service-Worker-Allowed", "/")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

http.server.ThreadingHTTPServer(("", 8888), Handler).serve_forever()
"""
"""Runs before Jupyter does, and in place of it."""

WORKER = """
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', event => event.respondWith(
  new Response('answered by the worker', {headers: {'Content-Type': 'text/html'}})));
"""

PAGE = """<!doctype html><title>Results</title><script>
const hub = 'HUB', hers = 'HERS', own = location.pathname;
const attempt = async action => {
  try {
    return await action();
  } catch (error) {
    return `refused: ${error.name}`;
  }
};
const read = async (url, options) => {
  const answer = await fetch(url, {credentials: 'include', ...options});
  if (answer.type === 'opaque') {
    return 'opaque';
  }
  const text = await answer.text();
  return answer.ok ? `read: ${text.length}` : `refused: ${answer.status}`;
};
const framed = url => new Promise(resolve => {
  const frame = document.createElement('iframe');
  const give = () => {
    try {
      const shown = frame.contentDocument;
      resolve(shown === null ? 'hidden' : `read: ${shown.title}`);
    } catch (error) {
      resolve(`refused: ${error.name}`);
    }
  };
  frame.onload = give;
  frame.src = url;
  document.documentElement.append(frame);
});
const socket = url => new Promise(resolve => {
  const made = new WebSocket(url.replace('http', 'ws'));
  made.onopen = () => resolve('open');
  made.onerror = () => resolve('refused');
});
const token = url => read(url, {
  method: 'POST',
  headers: {'Content-Type': 'application/json', 'X-XSRFToken': xsrf()},
  body: '{"note": "taken"}'
});
const xsrf = () => (document.cookie.match(/_xsrf=([^;]+)/) || ['', ''])[1];
const register = async (url, scope) =>
  (await navigator.serviceWorker.register(url, {scope})).scope;
(async () => {
  window.results = {
    own: {
      read: await attempt(() => read(own)),
      frame: await attempt(() => framed(own + 'inner')),
    },
    theirs: {
      page: await attempt(() => read(`${hub}/hub/token`)),
      opaque: await attempt(() => read(`${hub}/hub/token`, {mode: 'no-cors'})),
      here: await attempt(() => read('/hub/token')),
      token: await attempt(() => token(`${hub}/hub/api/users/ada/tokens`)),
      tokenHere: await attempt(() => token('/hub/api/users/ada/tokens')),
      form: await attempt(() => read(`${hub}/hub/api/users/ada/tokens`, {
        method: 'POST', mode: 'no-cors', body: '{"note": "taken"}'
      })),
      frame: await attempt(() => framed(`${hub}/hub/token`)),
      worker: await attempt(() => register(`${hub}${own}worker.js`, `${hub}/`)),
      files: await attempt(() => read(`${hers}api/contents`)),
      terminal: await attempt(() => token(`${hers}api/terminals`)),
      socket: await attempt(() => socket(`${hers}api/events/subscribe`)),
    },
  };
  // The last one: from then on, it answers in place of the host.
  results.own.worker = await attempt(() => register(own + 'worker.js', '/'));
  document.title = 'Done';
})();
</script>"""


@pytest.fixture
def hostile_server(
    platform: Platform, hub_of: Callable[[str], HubSession]
) -> Iterator[str]:
    """Ben's server with his own program in place of Jupyter; its address."""
    ada, ben = hub_of("ada"), hub_of("ben")
    folder = platform.storage / "users" / "ben" / ".jupyter"
    page = PAGE.replace("HUB", platform.url).replace("HERS", ada.server_url(SERVER))
    files = {
        "jupyter_server_config.py": CONFIGURATION,
        "worker.js": WORKER,
        "page.html": page,
    }
    if ben.server(SERVER):
        ben.stop(SERVER)
    _write(folder, files)
    try:
        ben.start(SERVER, OPTIONS)
        ben.wait_ready(SERVER)
        yield ben.server_url(SERVER)
        ben.stop(SERVER)
    finally:
        for name in files:
            (folder / name).unlink()


def _write(folder: Path, files: dict[str, str]) -> None:
    # Whoever never started a server has no home yet.
    folder.mkdir(parents=True, exist_ok=True)
    for each in (folder.parent, folder):
        os.chown(each, 1000, 1000)
    for name, text in files.items():
        (folder / name).write_text(text)
        os.chown(folder / name, 1000, 1000)


def tokens(session: HubSession) -> set[str]:
    answer = session.api("GET", f"/users/{session.name}/tokens").json()
    return {each["id"] for each in answer["api_tokens"]}


def test_a_page_of_a_colleagues_server_takes_nothing(
    platform: Platform,
    page_of: Callable[[str], Page],
    hub_of: Callable[[str], HubSession],
    hostile_server: str,
) -> None:
    ada = hub_of("ada")
    if not ada.server(SERVER):
        ada.start(SERVER, OPTIONS)
    ada.wait_ready(SERVER)
    page = page_of("ada")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # She uses her own server, so that all her cookies are there.
    page.goto(f"{ada.server_url(SERVER)}lab?reset")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    before = tokens(ada)

    results = taken(page, hostile_server)

    own, theirs = results["own"], results["theirs"]
    assert own["read"].startswith("read: ")
    assert own["frame"] == "read: Results"
    assert own["worker"] == hostile_server.partition("/user/")[0] + "/"
    assert theirs.pop("opaque") == "opaque"
    assert theirs.pop("form") == "opaque"
    assert theirs.pop("frame") in ("hidden", "refused: SecurityError")
    assert theirs.pop("socket") == "refused"
    assert theirs.pop("worker") == "refused: SecurityError"
    # On the server's own host the hub answers that nothing is there.
    assert theirs.pop("tokenHere") == "refused: 424"
    assert theirs
    assert set(theirs.values()) == {"refused: TypeError"}
    assert tokens(ada) == before
    # Nothing stays behind, neither in the hub nor in her own server.
    for address in ("/hub/token", f"{ada.server_url(SERVER)}lab"):
        page.goto(address)
        assert page.evaluate("navigator.serviceWorker.controller") is None
        assert "answered by the worker" not in page.content()
    page.goto("/hub/token")
    expect(page.get_by_role("button", name="Request new API token")).to_be_visible()
    # Once a worker of the host controls it, that is no place for a log-in.
    answer = page.request.get(
        f"{hostile_server.partition('/user/')[0]}/hub/login", max_redirects=0
    )
    assert answer.status == 302
    assert answer.headers["location"] == f"{platform.url}/hub/login"


def taken(page: Page, address: str) -> dict[str, Any]:
    """Open the page and return what it could do."""
    page.goto(address)
    page.wait_for_function("document.title === 'Done'", timeout=60_000)
    return json.loads(page.evaluate("JSON.stringify(window.results)"))
