"""What the server shows that is no call: health, metrics, the API's description, and pages to read."""

import html
import re
from collections.abc import Awaitable, Callable

import msgspec
from markdown_it import MarkdownIt

from rencai.contract import openapi, reference
from rencai.contract.endpoints import ENDPOINTS
from rencai.contract.errors import ERRORS
from rencai.metrics import Metrics

TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"


class Page(msgspec.Struct, frozen=True):
    """A page: status, content type and body. `name` is what the log and the metrics call it."""

    status: int
    content_type: bytes
    body: bytes
    name: str = "page"


class Pages:
    """Finds pages by path. `is_ready` tells whether the database answers."""

    def __init__(self, metrics: Metrics, is_ready: Callable[[], Awaitable[bool]]) -> None:
        self._metrics = metrics
        self._is_ready = is_ready
        self._fixed = _fixed_pages()

    async def find(self, method: str, raw_path: str) -> Page | None:
        """The page at a path, or None."""
        if method != "GET":
            return None
        path = raw_path.rstrip("/")
        if path == "/readyz":
            ready = await self._is_ready()
            return Page(200, TEXT, b"ready", "readyz") if ready else Page(503, TEXT, b"not ready", "readyz")
        if path == "/metrics":
            return Page(200, b"text/plain; version=0.0.4; charset=utf-8", self._metrics.text(), "metrics")
        return self._fixed.get(path)


def _fixed_pages() -> dict[str, Page]:
    description = msgspec.json.format(msgspec.json.encode(openapi.describe(ENDPOINTS)))
    pages = {
        "/healthz": Page(200, TEXT, b"ok", "healthz"),
        "/openapi.json": Page(200, b"application/json; charset=utf-8", description, "openapi"),
        "/docs": _read("Rencai", reference.index_page()),
        "/docs/endpoints": _read("Endpoints", reference.endpoints_page(ENDPOINTS)),
        "/docs/errors": _read("Errors", reference.errors_page(ERRORS.values())),
    }
    for code, error in ERRORS.items():
        pages[f"/docs/errors/{code}"] = _read(f"{code} {error.msg}", reference.error_page(error, ENDPOINTS))
    return pages


def _read(title: str, markdown: str) -> Page:
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    body = re.sub(r"<h2>(\w+)</h2>", lambda title: f'<h2 id="{title[1].lower()}">{title[1]}</h2>', body)
    return Page(200, HTML, _FRAME.format(title=html.escape(title), body=body).encode(), "docs")


_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Rencai</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }}
body {{ font: 16px/1.6 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; max-width: 62rem;
  margin: 0 auto; padding: 1.5rem; }}
nav {{ display: flex; gap: 1.2rem; border-bottom: 1px solid var(--line); padding-bottom: .6rem; }}
nav b {{ margin-right: auto; }}
a {{ color: var(--accent); }}
h1 {{ font-size: 1.6rem; }} h2 {{ font-size: 1.15rem; margin-top: 2.2rem; }}
code {{ font-family: ui-monospace, monospace; font-size: .9em; background: var(--soft); padding: .1em .3em;
  border-radius: 4px; overflow-wrap: anywhere; }}
pre {{ background: var(--soft); padding: .8rem; border-radius: 8px; overflow-x: auto; }}
pre code {{ background: none; padding: 0; }}
table {{ border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }}
</style>
</head>
<body>
<nav><b>Rencai 人才</b><a href="/docs">Start</a><a href="/docs/endpoints">Endpoints</a><a href="/docs/errors">Errors</a>
<a href="/openapi.json">openapi.json</a></nav>
{body}
</body>
</html>
"""
