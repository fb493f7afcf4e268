"""Forms: the flat `Name.member.1=value` bodies of the query and EC2 protocols, read and written.

Reading makes a tree of the dotted names once, then walks the shape over it. Lists are counted by the
indices that are present, so a huge index costs nothing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote

from lambent.wire.request import WireError
from lambent.wire.scalar import malformed, read_text, write_text
from lambent.wire.shape import Shape

Form = dict[str, str]

_MOST_FIELDS = 100_000
_DEEPEST_NAME = 64
_Tree = dict[str | None, Any]


def read_form(body: bytes) -> Form:
    """The fields of a form; of a repeated name the last counts. Raises WireError(MalformedQueryString)."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise WireError("MalformedQueryString", "The query string contains a syntax error.", 404) from None
    return dict(pairs)


def from_form(shape: Shape, form: Form, dialect: str) -> dict[str, Any]:
    """The structure that a form spells in `dialect` (query or ec2). Raises WireError."""
    tree: _Tree = {}
    for name, text in form.items():
        parts = name.split(".", _DEEPEST_NAME)
        if len(parts) > _DEEPEST_NAME:
            raise malformed(f"{name[:64]}… is nested too deeply")
        node = tree
        for part in parts:
            node = node.setdefault(part, {})
        # The text of a name lives under None, so that `A` and `A.1` may both be there.
        node[None] = text
    return _structure(shape, tree, dialect)


def input_name(name: str, shape: Shape, dialect: str) -> str:
    """What a member is called in a form."""
    if dialect == "query":
        return shape.wire_name or name
    if shape.traits.query_name:
        return shape.traits.query_name
    return shape.wire_name[0].upper() + shape.wire_name[1:] if shape.wire_name else name


def _structure(shape: Shape, tree: _Tree, dialect: str) -> dict[str, Any]:
    value = {}
    for name, member in shape.members.items():
        wire = input_name(name, member, dialect)
        if dialect == "query" and member.type == "list" and member.flattened and member.member.wire_name:
            node = tree.get(member.member.wire_name) or tree.get(wire)
        else:
            node = tree.get(wire)
        if node is not None:
            value[name] = _value(member, node, dialect)
    return value


def _value(shape: Shape, node: _Tree, dialect: str) -> Any:
    match shape.type:
        case "structure":
            return _structure(shape, node, dialect)
        case "list":
            return [_value(shape.member, item, dialect) for item in _items(shape, node, dialect)]
        case "map":
            return _map(shape, node, dialect)
    text = node.get(None)
    if text is None:
        raise malformed("Unexpected complex element termination")
    return read_text(shape.type, text, shape.timestamp_format)


def _items(shape: Shape, node: _Tree, dialect: str) -> list[_Tree]:
    if dialect == "query" and not shape.flattened:
        node = node.get(shape.member.wire_name or "member") or {}
    return _counted(node)


def _map(shape: Shape, node: _Tree, dialect: str) -> dict[str, Any]:
    entries = _counted(node if shape.flattened else node.get("entry", {}))
    key_name, value_name = shape.key.wire_name or "key", shape.value.wire_name or "value"
    value = {}
    for entry in entries:
        if key_name not in entry:
            raise malformed("MalformedInput")
        key = _value(shape.key, entry[key_name], dialect)
        value[key] = _value(shape.value, entry.get(value_name, {None: ""}), dialect)
    return value


def _counted(node: _Tree) -> list[_Tree]:
    numbered = []
    for name, item in node.items():
        if name is None:
            continue
        if not (name.isascii() and name.isdecimal()) or len(name) > 9:
            raise malformed(f"{name[:64]} is not a list index")
        numbered.append((int(name), item))
    return [item for _, item in sorted(numbered, key=lambda pair: pair[0])]


def to_form(shape: Shape, value: Any, dialect: str) -> Form:
    """The fields of a structure in `dialect`: the client's direction."""
    form: Form = {}
    _write_structure(form, shape, value, "", dialect)
    return form


def encode_form(form: Form) -> bytes:
    """The body that carries a form."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(text, safe='-_.~')}" for name, text in form.items()).encode()


def _write_structure(form: Form, shape: Shape, value: Any, prefix: str, dialect: str) -> None:
    for name, item in value.items():
        if item is None:
            continue
        member = shape.members[name]
        _write(form, member, item, _joined(prefix, input_name(name, member, dialect)), dialect)


def _write(form: Form, shape: Shape, value: Any, prefix: str, dialect: str) -> None:
    match shape.type:
        case "structure":
            _write_structure(form, shape, value, prefix, dialect)
        case "list":
            _write_list(form, shape, value, prefix, dialect)
        case "map":
            base = prefix if shape.flattened else f"{prefix}.entry"
            for index, (key, item) in enumerate(value.items(), 1):
                _write(form, shape.key, key, f"{base}.{index}.{shape.key.wire_name or 'key'}", dialect)
                _write(form, shape.value, item, f"{base}.{index}.{shape.value.wire_name or 'value'}", dialect)
        case _:
            form[prefix] = write_text(shape.type, value, shape.timestamp_format or "iso8601")


def _write_list(form: Form, shape: Shape, value: Any, prefix: str, dialect: str) -> None:
    if dialect == "query":
        if not value:
            form[prefix] = ""
            return
        if not shape.flattened:
            prefix = f"{prefix}.{shape.member.wire_name or 'member'}"
        elif shape.member.wire_name:
            prefix = _joined(prefix.rpartition(".")[0], shape.member.wire_name)
    for index, item in enumerate(value, 1):
        _write(form, shape.member, item, f"{prefix}.{index}", dialect)


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
