"""Training jobs: what is asked, what is made of it, how it fares."""
