"""A second opinion: the framing of HTTP/1.1 read as strictly as the standard allows, slow and short.

The fuzz tests compare it with the server: what the server takes for a request, this must take for the same request.
"""

from __future__ import annotations

import re

Message = tuple[str, str, bytes]

_REQUEST_LINE = re.compile(rb"([A-Z]+) +([\x21-\x7e]+) +HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)(;[^\x00-\x08\x0a-\x1f\x7f]*)?")


def strictly(data: bytes) -> list[Message]:
    """Method, target and body of each complete request in `data`, up to the first that is not beyond doubt."""
    found: list[Message] = []
    try:
        # Line ends before a request line are skipped, as the standard advises, whatever they are made of.
        while data := data.lstrip(b"\r\n"):
            message, data, stays = _request(data)
            found.append(message)
            if not stays:
                break
    except ValueError:
        pass
    return found


def _line(data: bytes) -> tuple[bytes, bytes]:
    line, end, rest = data.partition(b"\r\n")
    if not end:
        raise ValueError("no end of line")
    return line, rest


def _fields(data: bytes) -> tuple[dict[bytes, list[bytes]], bytes]:
    fields: dict[bytes, list[bytes]] = {}
    while True:
        line, data = _line(data)
        if not line:
            return fields, data
        match = _FIELD.fullmatch(line)
        if not match:
            raise ValueError("bad field")
        fields.setdefault(match[1].lower(), []).append(match[2].rstrip(b" \t"))


def _request(data: bytes) -> tuple[Message, bytes, bool]:
    line, data = _line(data)
    start = _REQUEST_LINE.fullmatch(line)
    if not start:
        raise ValueError("bad request line")
    fields, data = _fields(data)
    lengths, codings = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if lengths and codings:
        raise ValueError("two framings")
    body = b""
    if codings:
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise ValueError("coding")
        body, data = _chunks(data)
    elif lengths:
        if len(lengths) > 1 or not lengths[0].isdigit():
            raise ValueError("length")
        size = int(lengths[0])
        if size > len(data):
            raise ValueError("incomplete")
        body, data = data[:size], data[size:]
    wishes = {wish.strip(b" \t").lower() for value in fields.get(b"connection", []) for wish in value.split(b",")}
    stays = b"close" not in wishes and (start[3] == b"1" or b"keep-alive" in wishes)
    return (start[1].decode(), start[2].decode(), body), data, stays


def _chunks(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        line, data = _line(data)
        match = _CHUNK.fullmatch(line)
        if not match:
            raise ValueError("bad chunk size")
        size = int(match[1], 16)
        if size == 0:
            return body, _fields(data)[1]
        if data[size : size + 2] != b"\r\n":
            raise ValueError("bad chunk")
        body, data = body + data[:size], data[size + 2 :]
