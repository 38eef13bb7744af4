"""From method and raw path to the endpoint row. Segments are compared before they are decoded.

So an id may hold anything, an encoded slash too, and is still one id: unknown, not a 404 (decision 4).
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from rencai.contract.endpoint import Endpoint

_PARAMETER = re.compile(r"\\\{(\w+)\\\}")


class Routes:
    """Finds endpoints. Trailing slashes are accepted everywhere, without redirect (decision 12)."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._fixed: dict[tuple[str, str], Endpoint] = {}
        self._with_parameters: list[tuple[str, re.Pattern[str], Endpoint]] = []
        for endpoint in endpoints:
            if "{" in endpoint.path:
                self._with_parameters.append((endpoint.method, _pattern(endpoint.path), endpoint))
            else:
                self._fixed[endpoint.method, endpoint.path] = endpoint

    def find(self, method: str, raw_path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint and its decoded path parameters, or None where there is none."""
        path = raw_path.rstrip("/")
        if fixed := self._fixed.get((method, path)):
            return fixed, {}
        for its_method, pattern, endpoint in self._with_parameters:
            if its_method == method and (match := pattern.fullmatch(path)):
                return endpoint, {name: unquote(text) for name, text in match.groupdict().items()}
        return None


def _pattern(path: str) -> re.Pattern[str]:
    # An empty segment in the middle is an id too, one that names nothing.
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]*)", re.escape(path)))
