"""Dependencies point one way: who may include whom, as docs/architecture.md draws it."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("DCGAN_SOURCE_DIR", pathlib.Path(__file__).parents[2]))

# Each room and the rooms that it may know. models/random.h, the explicit random streams, is for everybody.
ROOMS = {
    "models/kernels": [],
    "models": ["models/kernels"],
    "common": [],
    "report": ["common"],
    "interchange": ["common"],
    "data": ["common"],
    "metrics": ["common", "interchange", "models", "models/kernels"],
    "sampling": ["common", "interchange", "models", "report"],
    "training": ["common", "data", "interchange", "metrics", "models", "report", "sampling"],
    "evaluation": ["common", "data", "interchange", "metrics", "models", "report", "sampling", "training"],
    "studies": ["common", "data", "interchange", "metrics", "models", "report", "sampling", "training", "evaluation"],
    "cli": ["common", "data", "interchange", "metrics", "models", "models/kernels", "report", "sampling", "training",
            "evaluation", "studies"],
    "main": ["cli", "common", "metrics", "studies"],
}
FOR_EVERYBODY = {"models/random.h"}

# The headers of a library and the rooms (or files) that may see them. LibTorch's are not listed: whoever needs a tensor
# takes them, and CMake compiles the rest without.
LIBRARIES = {
    "hwy/": ["models/kernels"],
    "CLI/": ["cli"],
    "toml++/": ["src/common/config.cpp"],
    "opencv2/": ["data", "report"],
    "webp/": ["data"],
    "jpeglib.h": ["data"],
    "png.h": ["data"],
    "ft2build.h": ["data"],
    "stb_image_write.h": ["report"],
    "protozero/": ["report"],
    "xxhash.h": ["data", "evaluation", "interchange", "metrics"],
    "zlib.h": ["data"],
}


def room_of(path):
    parts = path.parts
    if parts[0] == "models":
        return "models/kernels" if parts[1] == "kernels" else "models"
    return parts[1] if len(parts) > 2 else "main"


def room_of_header(name):
    if name.startswith("models/kernels/"):
        return "models/kernels"
    return name.split("/")[0]


def sources():
    for folder in ("models", "src"):
        for path in sorted((SOURCE / folder).rglob("*")):
            if path.suffix in (".cpp", ".h"):
                yield path.relative_to(SOURCE), path.read_text()


class Includes(unittest.TestCase):
    def test_rooms_know_only_those_below_them(self):
        for path, text in sources():
            for header in re.findall(r'^#include "(?!hwy/)([^"]+)"', text, re.M):
                ours, theirs = room_of(path), room_of_header(header)
                allowed = theirs == ours or theirs in ROOMS[ours] or header in FOR_EVERYBODY
                self.assertTrue(allowed, f"{path} includes {header}: {ours} must not know {theirs}")

    def test_the_rooms_have_no_circle(self):
        above = dict(ROOMS)
        while above:
            free = [room for room, below in above.items() if not any(b in above for b in below)]
            self.assertTrue(free, f"a circle among {sorted(above)}")
            for room in free:
                del above[room]

    def test_each_library_is_seen_where_it_belongs(self):
        for path, text in sources():
            for header in re.findall(r'^#include [<"]([^>"]+)[>"]', text, re.M):
                for prefix, places in LIBRARIES.items():
                    if header.startswith(prefix):
                        self.assertTrue(room_of(path) in places or str(path) in places,
                                        f"{path} includes {header}: that is for {', '.join(places)}")

    def test_every_header_is_included_once_by_its_guard(self):
        for path, text in sources():
            if path.suffix == ".h" and not path.name.endswith("-inl.h"):
                self.assertIn("#pragma once", text, path)


if __name__ == "__main__":
    unittest.main()
