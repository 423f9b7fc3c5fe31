"""The tests whose right answer takes minutes."""
