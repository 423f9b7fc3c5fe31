"""SSH into a running replica of one's own job, from a laptop or from a notebook.

The local OpenSSH client does all of SSH. This package gives it a key pair, its settings
and, as its ProxyCommand, a WebSocket of the training service in place of a connection
of its own: the token lets one in, the key makes the session.
"""
