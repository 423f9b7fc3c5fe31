"""The cell magics of notebooks."""
