"""What ``jupyterhub --config`` reads: settings in, configuration out."""

from mofang_hub.config.configure import configure
from mofang_hub.settings import Secrets, Settings

configure(get_config(), Settings.load(), Secrets())  # type: ignore[name-defined] # noqa: F821 - traitlets'
