"""8-bit RGB PNGs without a picture library: a witness that shares no code with the program."""
import struct
import zlib

import numpy


def write_png(path, pixels):
    """A real PNG from uint8 [H, W, 3], without a picture library."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    path.write_bytes(b"\x89PNG\r\n\x1a\n" +
                     chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def paeth(a, b, c):
    p = a + b - c
    distance = abs(p - a), abs(p - b), abs(p - c)
    return (a, b, c)[distance.index(min(distance))]


def read_png(path):
    """Pixels [H, W, 3] of an RGB PNG, through its chunks and filters."""
    data = path.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (depth, kind) == (8, 2), "no 8-bit RGB"
    position, body = 8, b""
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position:position + 8])
        if name == b"IDAT":
            body += data[position + 8:position + 8 + length]
        position += 12 + length
    raw = zlib.decompress(body)
    stride = 3 * width
    above, pixels = [0] * stride, []
    for y in range(height):
        kind, *line = raw[y * (stride + 1):(y + 1) * (stride + 1)]
        row = []
        for x, value in enumerate(line):
            a = row[x - 3] if x >= 3 else 0
            b = above[x]
            c = above[x - 3] if x >= 3 else 0
            row.append((value + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256)
        pixels.append(row)
        above = row
    return numpy.array(pixels, numpy.uint8).reshape(height, width, 3)
