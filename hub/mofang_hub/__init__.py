"""The hub: configuration, routes, projects, training service, pages."""
