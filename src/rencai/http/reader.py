"""Requests out of the bytes that come: llhttp parses (through httptools), and what it lets pass is looked at here.

All of llhttp's lenient modes are off. It refuses folded headers, two lengths of one body, bare CR and LF, spaces
around names and sizes, and bad chunks. It knows no limits, no Host, and not which coding is served.

The request line is read here: llhttp knows some methods only, reads no body behind CONNECT, and skips spaces. It is
given a plain line instead.
"""

import re
from typing import NamedTuple

import httptools

MOST_OVERHEAD = 64 * 1024  # bytes of a head, and of what a chunked body has beside data at one place
_END = b"\r\n\r\n"
_ONE_LENGTH = re.compile(rb"[0-9]{1,18}")
_LINE_SO_FAR = re.compile(rb"[ -~]*(\r\n?)?")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/(1\.[01])\r\n")
_FRAMING = (b"transfer-encoding", b"content-length")
_AT_MOST_ONCE = (b"host", *_FRAMING)


class Refused(Exception):
    """The bytes are no request, or one that two parsers may read in two ways."""


class Head(NamedTuple):
    """The head of a request. Names of headers are in lower case; `expects` is a client that waits for 100 Continue."""

    method: str
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    keep_alive: bool
    expects: bool


class Reader:
    """Reads one request. `head` is there once it is whole, `is_whole` says that all of the body is there too.

    It takes no byte behind the end of the request, so that the next one waits unparsed until this one is answered.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self.next()

    def next(self) -> None:
        """Get ready for the first request, or for the one behind one that is whole."""
        self.head: Head | None = None
        self.is_whole = False
        self._line = b""  # the request line as it comes
        self._asked: tuple[str, bytes, str] | None = None  # what it says: method, target, version
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._left = 0  # of a body whose length is known
        self._overhead = 0  # bytes since the request began, or since the last data of its body
        self._edge = b""  # the last bytes taken, where an empty line may have begun

    def close(self) -> None:
        """Let go of the parser, which knows this reader: so nothing is left for the garbage collector."""
        del self._parser

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come."""
        return not self._overhead and self.head is None

    def pieces(self) -> bytes:
        """What came of the body since this was asked last."""
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def take(self, data: bytes, start: int) -> int:
        """Read on, to the end of the request line, the head or the body at most. Where it stopped. Raises Refused."""
        end = self._end_of_line(data, start) if self._asked is None else self._end_of_part(data, start)
        self._overhead += end - start
        try:
            if self._asked is None:
                self._take_line(data[start:end])
            else:
                self._parser.feed_data(memoryview(data)[start:end])
        except httptools.HttpParserUpgrade:
            self._decline_upgrade()
        except httptools.HttpParserError as failure:
            raise Refused from failure
        if self._overhead > MOST_OVERHEAD:
            raise Refused
        return end

    def _end_of_line(self, data: bytes, start: int) -> int:
        return data.find(b"\n", start) + 1 or len(data)

    def _take_line(self, part: bytes) -> None:
        self._line += part
        if not _LINE_SO_FAR.fullmatch(self._line):
            raise Refused
        if not part.endswith(b"\n"):
            return
        line = _REQUEST_LINE.fullmatch(self._line)
        if line is None:
            raise Refused
        self._asked = line[1].decode(), line[2], line[3].decode()
        self._parser.feed_data(b"POST / HTTP/%b\r\n" % line[3])
        self._edge = b"\r\n"

    def _decline_upgrade(self) -> None:
        """Read on as if no upgrade had been asked for: llhttp reads no body behind one, so a plain head leads to it."""
        self._parser = httptools.HttpRequestParser(self)
        self.is_whole = False
        framing = [b"%b: %b\r\n" % header for header in self._headers if header[0] in _FRAMING]
        self._parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")

    def _end_of_part(self, data: bytes, start: int) -> int:
        """The end of a body of known length, or an empty line: each head and each chunked body ends with one."""
        if self._left:
            return min(start + self._left, len(data))
        across = (self._edge + data[start : start + len(_END) - 1]).find(_END)
        if across >= 0:
            end = start + across + len(_END) - len(self._edge)
        else:
            found = data.find(_END, start)
            end = found + len(_END) if found >= 0 else len(data)
        self._edge = (self._edge + data[max(start, end - 3) : end])[-3:]
        return end

    # What httptools calls. An error raised here comes out of feed_data as one of its own.

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which nobody asks for."""
        if self.head is None:
            self._headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """The head is whole. Raises Refused."""
        if self.head is not None:
            return  # the plain one of a declined upgrade
        assert self._asked is not None  # the line has been fed  # noqa: S101
        method, target, version = self._asked
        fields = dict(self._headers)
        _check(version, self._headers, fields)
        keep_alive = version == "1.1" and self._parser.should_keep_alive()
        expects = version == "1.1" and b"expect" in fields and any(_expects(*header) for header in self._headers)
        self.head = Head(method, target, version, self._headers, keep_alive, expects)
        self._left = int(fields.get(b"content-length", b"0"))

    def on_body(self, piece: bytes) -> None:
        """Data of the body."""
        self._overhead = 0
        self._left = max(0, self._left - len(piece))
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """The request is whole. Raises Refused for a trailer that ends the connection: that is for a head to say."""
        if self.head is not None and self.head.keep_alive and not self._parser.should_keep_alive():
            raise Refused
        self.is_whole = True


def _check(version: str, headers: list[tuple[bytes, bytes]], fields: dict[bytes, bytes]) -> None:
    """Refuse what llhttp lets pass: other codings, another number of hosts, long lengths. `fields` are the headers."""
    if len(fields) < len(headers) and any(sum(name == key for name, _ in headers) > 1 for key in _AT_MOST_ONCE):
        raise Refused
    if version == "1.1" and b"host" not in fields:
        raise Refused
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if coding is not None and (version == "1.0" or length is not None or coding.lower() != b"chunked"):
        raise Refused
    if length is not None and not _ONE_LENGTH.fullmatch(length):
        raise Refused


def _expects(name: bytes, value: bytes) -> bool:
    return name == b"expect" and b"100-continue" in (token.strip() for token in value.lower().split(b","))
