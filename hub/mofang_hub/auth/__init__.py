"""Who may log in, and what their tokens may do."""
