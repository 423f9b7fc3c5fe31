"""What ``jupyterhub --config`` reads: settings in, configuration out."""

from mofang_hub.config.configure import configure
from mofang_hub.config.extension import Extension
from mofang_hub.settings import Secrets, Settings

c = get_config()  # type: ignore[name-defined] # noqa: F821 - traitlets'
configure(c, Settings.load(), Secrets())
Extension.load().apply(c, Secrets())
