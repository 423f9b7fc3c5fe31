"""The operator: each Project is a namespace, made and kept."""
