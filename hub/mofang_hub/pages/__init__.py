"""The pages people see before JupyterLab: gallery, progress, log-in."""
