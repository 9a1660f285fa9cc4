"""Starting the pages: ``juesuan dashboard``.

Belongs here: which Streamlit is started with what. Does not belong here: the pages.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from juesuan.access import LOOPBACK, require_guard
from juesuan.final_accounts.model import JuesuanError
from juesuan.settings import Settings


class NoStreamlit(JuesuanError):  # noqa: N818 - the name says what is wrong
    """The pages need the ``dashboard`` extra."""


def command(settings: Settings, port: int, address: str, *, open_browser: bool) -> list[str]:
    """What is run: Streamlit on this machine alone, sending nothing anywhere, both themes with one palette."""
    hosts = settings.access.hosts
    names = [host.partition(":")[0] for host in hosts]
    megabytes = max(1, settings.limits.max_bytes // 1_000_000)
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": not open_browser,
        "server.maxUploadSize": megabytes,
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        # A name that it is not told Streamlit asks the network for: whether that is its own address outside.
        "browser.serverAddress": names[0] if names else "localhost" if address == LOOPBACK else address,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        "theme.light.primaryColor": "#005A8C",
        "theme.dark.primaryColor": "#56B4E9",
        "theme.font": "sans-serif",
        "theme.showWidgetBorder": True,
        "theme.metricValueFontSize": "1.7rem",
    }
    app = Path(__file__).parent / "gated.py"
    said = [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in options.items()]
    # a page opens its connection under the name that the reverse proxy has
    said += [f"--server.corsAllowedOrigins=https://{host}" for host in hosts]
    return [sys.executable, "-m", "streamlit", "run", str(app), *said]


def serve(settings: Settings, port: int, address: str, *, open_browser: bool, open_to_all: bool = False) -> int:
    """Serve the pages until interrupted; the exit code of Streamlit. Raises ``NoStreamlit``, ``Unguarded``."""
    require_guard(address, settings.access, open_to_all=open_to_all)
    if importlib.util.find_spec("streamlit") is None:
        raise NoStreamlit("the pages need Streamlit: pip install 'juesuan[dashboard]' (make setup installs it)")
    run = command(settings, port, address, open_browser=open_browser)
    environment = os.environ | settings.environment | {"JUESUAN_SERVED_AT": address}
    with subprocess.Popen(run, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return 0
