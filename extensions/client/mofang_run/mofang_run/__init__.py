"""What runs in the containers of jobs and notebooks.

Standard library of Python 3.8 and later only, and no import of other packages of ours:
this one can be copied into any image that has a Python.
"""
