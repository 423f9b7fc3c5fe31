"""Projects: each a namespace, made and kept from a custom resource."""
