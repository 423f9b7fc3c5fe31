"""A TensorBoard that answers with the headers it was sent, as JSON."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        heard = {"path": self.path, "headers": list(self.headers)}
        body = json.dumps(heard).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("127.0.0.1", 0), Answer)
print(f"Fake at http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
server.serve_forever()
