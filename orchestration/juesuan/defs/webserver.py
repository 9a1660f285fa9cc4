"""Dagster's web pages behind the gate, and the metrics beside them: ``python -m juesuan.defs.webserver``.

Belongs here: what stands before Dagster's own application. Does not belong here: the gate, the metrics.

Options are those of ``dagster-webserver``, whose command this is. Its application has no access control of its own
and no place to add one, so the one function that makes it is replaced; Dagster is pinned to one version exactly.
"""

import argparse
from typing import Any

from dagster_webserver import cli
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from juesuan.access import LOOPBACK, Gate
from juesuan.settings import Settings


def main() -> None:
    """Serve until interrupted."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("-h", "--host", default=LOOPBACK)
    address = options.parse_known_args()[0].host
    settings = Settings.load()
    made = cli.create_app_from_workspace_process_context

    def metrics(_: Any) -> PlainTextResponse:
        from juesuan import metrics as of

        return PlainTextResponse(of.text(settings), media_type=of.CONTENT_TYPE)

    def guarded(*arguments: Any, **named: Any) -> Gate:
        pages = made(*arguments, **named)
        whole = Starlette(
            routes=[Route("/metrics", metrics), Mount("/", pages)], lifespan=pages.router.lifespan_context
        )
        return Gate(whole, settings.access, address)

    cli.create_app_from_workspace_process_context = guarded
    cli.main()


if __name__ == "__main__":
    main()
