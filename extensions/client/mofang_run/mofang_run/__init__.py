"""The wrapper that runs a user's command in every container of a job.

Standard library only, and no import of the rest of the client: this package is also
copied into images that hold nothing but a Python of version 3.8 or later.
"""
