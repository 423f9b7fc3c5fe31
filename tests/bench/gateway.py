"""Where the gateway listens inside the first node's network."""

HOST = "10.213.0.2"
PORT = 30080
