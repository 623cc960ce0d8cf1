"""Plain values as JSON and back: the only thing that crosses between a worker and its judge.

Data only: decoding builds plain values and calls nothing of the sender's. What JSON cannot say is an object with one key
that begins with a tilde: {"~tuple": [1, 2]}. Loaded by path in the worker as well, so it imports nothing of the kit.
"""

from __future__ import annotations

import binascii
import json
import math
import re
import struct
import sys
from typing import Any, Callable, NamedTuple

_EXACT = 2**53  # beyond, readers in other languages lose digits
_LONGEST_INTEGER = 40
_LONG = 32
_ATOMS = {str, bool, type(None)}
_DTYPE = re.compile(r"[<>|]([biufcSUMm])([0-9]{1,9})(\[[0-9]{0,9}[A-Za-z]{1,2}\])?")


class NotPlain(TypeError):
    """A value that cannot cross; the text names its type."""


class Malformed(ValueError):
    """A text that is no value of this codec; the text says why."""


class Array(NamedTuple):
    """A numpy array where numpy is not loaded; `dtype` as numpy spells it ("<f8"), `data` in C order."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def dumps(value: Any, *, packed: bool = False) -> str:
    """Give a plain value as one line of JSON. Raises NotPlain for anything else, subclasses of plain types included."""
    try:
        return text(encode(value, packed=packed))
    except RecursionError:
        raise NotPlain("a value nested too deeply, or one that holds itself") from None


def loads(line: bytes | str) -> Any:
    """Give the plain value of such a line. Raises Malformed."""
    return decode(parse(line))


def parse(line: bytes | str) -> Any:
    """Give the JSON of a line, its values not yet decoded. Raises Malformed."""
    try:
        return json.loads(line, parse_constant=_refuse, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no line of JSON: {error}") from None


def encode(value: Any, *, packed: bool = False) -> Any:
    """Give what JSON can hold of a plain value. Raises NotPlain.

    `packed` writes long lists of numbers as bytes, which is several times as fast; only workers in Python are sent them.
    """
    encoder = _ENCODERS.get(type(value))
    if encoder is not None:
        return encoder(value, packed)
    numpy = sys.modules.get("numpy")
    if numpy is not None and (type(value) is numpy.ndarray or isinstance(value, numpy.generic)):
        return _encode_numpy(value)
    raise NotPlain(f"a value of type {type(value).__module__}.{type(value).__qualname__}")


def decode(value: Any) -> Any:
    """Give the plain value of such JSON. Raises Malformed."""
    try:
        return _decode(value)
    except (TypeError, ValueError, LookupError, RecursionError, OverflowError) as error:
        raise Malformed(str(error)) from None


def text(value: Any) -> str:
    """Give encoded JSON as one line."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _encode_int(value: int, _: bool) -> Any:  # noqa: FBT001
    return value if -_EXACT <= value <= _EXACT else {"~int": hex(value)}


def _encode_float(value: float, _: bool) -> Any:  # noqa: FBT001
    return value if math.isfinite(value) else {"~float": str(value)}


def _encode_list(value: list[Any] | tuple[Any, ...], packed: bool) -> Any:  # noqa: FBT001
    kinds = set(map(type, value))
    if packed and len(value) >= _LONG:
        if kinds == {float}:
            return {"~floats": _base64(struct.pack(f"<{len(value)}d", *value))}
        if kinds == {int} and min(value) >= -(2**63) and max(value) < 2**63:
            return {"~ints": _base64(struct.pack(f"<{len(value)}q", *value))}
    if (
        kinds <= _ATOMS
        or (kinds == {float} and all(map(math.isfinite, value)))
        or (kinds == {int} and min(value) >= -_EXACT and max(value) <= _EXACT)
    ):
        return list(value)
    return [encode(element, packed=packed) for element in value]


def _encode_dict(value: dict[Any, Any], packed: bool) -> Any:  # noqa: FBT001
    if all(type(key) is str and not key.startswith("~") for key in value):
        return {key: encode(element, packed=packed) for key, element in value.items()}
    return {"~dict": [[encode(key), encode(element, packed=packed)] for key, element in value.items()]}


def _encode_set(value: set[Any] | frozenset[Any], _: bool) -> Any:  # noqa: FBT001
    return {"~" + type(value).__name__: sorted((encode(element) for element in value), key=text)}


def _encode_bytes(value: bytes | bytearray, _: bool) -> Any:  # noqa: FBT001
    return {"~" + type(value).__name__: _base64(value)}


def _encode_array(value: Array, _: bool) -> Any:  # noqa: FBT001
    return {"~array": {"dtype": value.dtype, "shape": list(value.shape), "data": _base64(value.data)}}


def _encode_complex(value: complex, packed: bool) -> Any:  # noqa: FBT001
    return {"~complex": [_encode_float(value.real, packed), _encode_float(value.imag, packed)]}


def _as_it_is(value: Any, _: bool) -> Any:  # noqa: FBT001
    return value


def _encode_numpy(value: Any) -> Any:
    dtype = value.dtype.str
    if _DTYPE.fullmatch(dtype) is None:
        raise NotPlain(f"a numpy value of dtype {value.dtype}")
    kind = "~array" if type(value) is sys.modules["numpy"].ndarray else "~scalar"
    return {kind: {"dtype": dtype, "shape": list(value.shape), "data": _base64(value.tobytes())}}


def _base64(data: bytes | bytearray) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


_ENCODERS: dict[type, Callable[[Any, bool], Any]] = {
    type(None): _as_it_is,
    bool: _as_it_is,
    str: _as_it_is,
    int: _encode_int,
    float: _encode_float,
    complex: _encode_complex,
    list: _encode_list,
    tuple: lambda value, packed: {"~tuple": _encode_list(value, packed)},
    dict: _encode_dict,
    set: _encode_set,
    frozenset: _encode_set,
    bytes: _encode_bytes,
    bytearray: _encode_bytes,
    Array: _encode_array,
}


def _decode(value: Any) -> Any:
    if type(value) is list:
        if any(type(element) in (list, dict) for element in value):
            return [_decode(element) for element in value]
        return value
    if type(value) is not dict:
        return value
    tags = [key for key in value if key.startswith("~")]
    if not tags:
        return {key: _decode(element) for key, element in value.items()}
    if len(value) != 1 or tags[0] not in _DECODERS:
        raise Malformed(f"an object with the unknown tag {tags[0][:20]!r}")
    return _DECODERS[tags[0]](value[tags[0]])


def _list(value: Any) -> list[Any]:
    decoded = _decode(value)
    if type(decoded) is not list:
        raise Malformed("a tag that needs an array has none")
    return decoded


def _decode_packed(value: Any, letter: str) -> list[Any]:
    data = _decode_bytes(value)
    if len(data) % 8:
        raise Malformed("packed numbers that do not have 8 bytes each")
    return list(struct.unpack(f"<{len(data) // 8}{letter}", data))


def _decode_complex(value: Any) -> complex:
    real, imaginary = _list(value)
    return complex(real, imaginary)


def _decode_float(value: Any) -> float:
    if value not in {"nan", "inf", "-inf"}:
        raise Malformed('a "~float" is "nan", "inf" or "-inf"')
    return float(value)


def _decode_int(value: Any) -> int:
    if type(value) is not str or re.fullmatch(r"-?0x[0-9a-f]+", value) is None:
        raise Malformed('an "~int" is hexadecimal, as "-0x1f"')
    return int(value, 16)


def _decode_bytes(value: Any) -> bytes:
    if type(value) is not str:
        raise Malformed("bytes that are no text in base64")
    return binascii.a2b_base64(value)


def _decode_array(value: Any) -> Any:
    found = _DTYPE.fullmatch(value["dtype"])
    shape = tuple(value["shape"])
    if found is None or len(shape) > 32 or not all(type(size) is int and 0 <= size < 2**48 for size in shape):
        raise Malformed("an array of unknown dtype or shape")
    data = _decode_bytes(value["data"])
    count = 1
    for size in shape:
        count *= size
    if count * int(found[2]) * (4 if found[1] == "U" else 1) != len(data):
        raise Malformed("an array whose data is not of its shape's size")
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return Array(value["dtype"], shape, data)
    return numpy.frombuffer(bytearray(data), dtype=numpy.dtype(value["dtype"])).reshape(shape)


def _decode_scalar(value: Any) -> Any:
    array = _decode_array({**value, "shape": []})
    return array if type(array) is Array else array[()]


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "~tuple": lambda value: tuple(_list(value)),
    "~set": lambda value: set(_list(value)),
    "~frozenset": lambda value: frozenset(_list(value)),
    "~dict": lambda value: {key: element for key, element in _list(value)},  # noqa: C416  each must be a pair
    "~bytes": _decode_bytes,
    "~bytearray": lambda value: bytearray(_decode_bytes(value)),
    "~complex": _decode_complex,
    "~float": _decode_float,
    "~int": _decode_int,
    "~floats": lambda value: _decode_packed(value, "d"),
    "~ints": lambda value: _decode_packed(value, "q"),
    "~array": _decode_array,
    "~scalar": _decode_scalar,
}


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise Malformed('a longer integer is written {"~int": "0x..."}')
    return int(text)


def _refuse(text: str) -> Any:
    raise Malformed(f'{text} is written {{"~float": "{text.replace("Infinity", "inf").lower()}"}}')
