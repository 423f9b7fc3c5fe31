"""HTTP and WebSocket handlers: read the request, ask a service."""
