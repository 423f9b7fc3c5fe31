"""Environments: what the catalogue holds, who may use what, which sizes."""
