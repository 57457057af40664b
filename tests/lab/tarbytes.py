"""Tar and gzip written byte by byte, so that an archive can be wrong in exactly one place.

Fields and their order: POSIX.1-1988 ustar, as `man 5 tar` of libarchive and GNU tar's manual, "Basic Tar Format", give them.
"""

from __future__ import annotations

import struct
import zlib

BLOCK = 512
END = bytes(2 * BLOCK)

# Field: offset and width in the header.
FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "chksum": (148, 8),
    "type": (156, 1),
    "linkname": (157, 100),
    "magic": (257, 6),
    "version": (263, 2),
    "uname": (265, 32),
    "gname": (297, 32),
    "devmajor": (329, 8),
    "devminor": (337, 8),
    "prefix": (345, 155),
    "tail": (500, 12),
}


def octal(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)


def base256(value: int, width: int, first: int = 0x80) -> bytes:
    """GNU's binary numbers: the first byte marks them."""
    return bytes([first]) + (value % (1 << (8 * (width - 1)))).to_bytes(width - 1, "big")


def summed(block: bytes, signed: bool = False, form: bytes = b"%06o\0 ") -> bytes:
    """The header with its checksum written anew."""
    blank = block[:148] + b" " * 8 + block[156:]
    total = sum(struct.unpack("512b", blank)) if signed else sum(blank)
    return block[:148] + (form % total).ljust(8, b"\0")[:8] + block[156:]


def header(
    name: bytes = b"",
    size: int = 0,
    type: bytes = b"0",
    mode: int = 0o644,
    linkname: bytes = b"",
    signed: bool = False,
    form: bytes = b"%06o\0 ",
    **raw: bytes,
) -> bytes:
    """One 512-byte header; `raw` replaces whole fields with the given bytes."""
    fields = {
        "name": name,
        "mode": octal(mode, 8),
        "uid": octal(0, 8),
        "gid": octal(0, 8),
        "size": octal(size, 12) if size < 1 << 33 else base256(size, 12),
        "mtime": octal(1_700_000_000, 12),
        "type": type,
        "linkname": linkname,
        "magic": b"ustar\0",
        "version": b"00",
        **raw,
    }
    block = bytearray(BLOCK)
    for key, value in fields.items():
        at, width = FIELDS[key]
        if len(value) > width:
            raise ValueError(f"{key} is {len(value)} bytes")
        block[at : at + len(value)] = value
    return bytes(block) if "chksum" in raw else summed(bytes(block), signed, form)


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def file(name: bytes, data: bytes = b"", **fields) -> bytes:
    return header(name, **{"size": len(data), **fields}) + pad(data)


def folder(name: bytes, **fields) -> bytes:
    return header(name, **{"type": b"5", "mode": 0o755, **fields})


def symlink(name: bytes, target: bytes, **fields) -> bytes:
    return header(name, **{"type": b"2", "mode": 0o777, "linkname": target, **fields})


def hardlink(name: bytes, target: bytes, **fields) -> bytes:
    return header(name, **{"type": b"1", "linkname": target, **fields})


def record(key: bytes, value: bytes) -> bytes:
    """One PAX record: its length counts itself."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if len(str(length)) > len(str(rest)):
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def pax(*records: tuple[bytes, bytes], type: bytes = b"x", body: bytes | None = None, **fields) -> bytes:
    """A PAX header; `body` replaces the records by raw bytes."""
    data = b"".join(record(k, v) for k, v in records) if body is None else body
    return file(b"PaxHeaders/x", data, type=type, **fields)


def gnu_long(value: bytes, type: bytes = b"L", body: bytes | None = None, **fields) -> bytes:
    """GNU's long name (`L`) or long link target (`K`) for the next entry."""
    fields = {"magic": b"ustar ", "version": b" \0", **fields}
    return file(b"././@LongLink", value + b"\0" if body is None else body, type=type, **fields)


def gz(data: bytes, level: int = 6, flags: int = 0, extra: bytes = b"", method: int = 8, crc: int | None = None, length: int | None = None) -> bytes:
    """One gzip member (RFC 1952); `extra` is what the flags announce, between the header and the stream."""
    raw = zlib.compressobj(level, zlib.DEFLATED, -15)
    head = b"\x1f\x8b" + bytes([method, flags]) + bytes(4) + b"\0\xff"
    crc = zlib.crc32(data) if crc is None else crc
    length = len(data) & 0xFFFFFFFF if length is None else length
    return head + extra + raw.compress(data) + raw.flush() + struct.pack("<II", crc, length)
