"""Start the server that somebody likely wants before they ask for it."""
