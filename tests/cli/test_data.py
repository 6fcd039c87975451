"""What people have in their folders: every kind of picture, every kind of fault (reports D01 to D16, G04)."""
import gzip
import json
import os
import struct
import subprocess
import unittest

import numpy
from PIL import Image

from program import BINARY, SMALL, ProgramTest, wait_until

RED, GREEN, BLUE = (200, 0, 0), (0, 180, 0), (0, 0, 220)


def noise(seed, size=(40, 40), mode="RGB"):
    channels = len(mode)
    pixels = numpy.random.default_rng(seed).integers(0, 256, (size[1], size[0], channels), numpy.uint8)
    return Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels, mode if channels != 2 else "LA")


class DataTest(ProgramTest):
    def save(self, name, image, **options):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **options)
        return path

    def info(self, path, *options, code=0):
        result = self.run_program("data", "info", path, "--json", "--quiet", *options, code=code)
        self.assertEqual(result.stderr, "")
        return json.loads(result.stdout)

    def left_out(self, info):
        return {key: value["count"] for key, value in info["left_out"].items()}

    def pixels(self, path, *options):
        """The images of a folder as the networks see them, from the grid of `data info`."""
        info = self.info(path, "--grid", "grid.png", *options)
        grid = numpy.asarray(Image.open(self.folder / "grid.png"))
        size, columns = info["image_size"], int(numpy.ceil(numpy.sqrt(info["images"])))
        cells = []
        for i in range(info["images"]):
            top, left = 2 + i // columns * (size + 2), 2 + i % columns * (size + 2)
            cells.append(grid[top:top + size, left:left + size])
        return cells


class Folders(DataTest):
    def test_the_text_says_what_the_json_says(self):
        for i in range(3):
            self.save(f"d/{'ab'[i % 2]}/{i}.jpg", noise(i))
        (self.folder / "d/a/empty.png").touch()
        text = self.run_program("data", "info", "d", "--image-size", 32, "--quiet").stdout
        info = self.info("d", "--image-size", 32)
        for line in [r"images +3\n", r"trained as +32x32, 3 channels\n", rf"mean +{info['mean'][0]:.4f}", r"\n +a: 2\n", r"\n +b: 1\n",
                     r"left out, empty: 1 \(a/empty.png\)"]:
            self.assertRegex(text, line)

    def test_fewer_images_than_a_batch_are_named(self):  # D01
        for i in range(10):
            self.save(f"d/{i}.jpg", noise(i))
        self.expect_error(3, "10 images are fewer than --batch-size 64", "train", "--data", "d", "--batch-size", 64,
                          "--steps", 20)
        self.assertFalse((self.folder / "runs").exists() and any((self.folder / "runs").iterdir()))

    def test_classes_whose_names_are_no_text_stay_apart(self):
        for i, name in enumerate([b"a\xff", b"a\xfe", b"a\xfe"]):
            folder = os.path.join(os.fsencode(self.folder), b"d", name)
            os.makedirs(folder, exist_ok=True)
            noise(i).save(os.path.join(os.fsdecode(folder), f"{i}.png"))
        self.assertEqual(self.info("d")["classes"], {"a\\xfe": 2, "a\\xff": 1})

    def test_every_ending_in_any_case_flat_or_nested(self):  # D02
        names = ["a.jpg", "b.JPG", "c.JPEG", "d.jpeg", "e.PNG", "f.webp", "g.bmp"]
        kinds = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP"}
        for inside in ["", "a/", "a/b/c/"]:
            root = "d" + inside.replace("/", "")
            for i, name in enumerate(names):
                self.save(f"{root}/{inside}{name}", noise(i), format=kinds[name.split(".")[1].lower()])
            (self.folder / root / inside / "h.txt").write_text("no picture")
            info = self.info(root)
            self.assertEqual(info["images"], 7)
            self.assertEqual(self.left_out(info), {"not_an_image": 1})
            self.assertEqual(info["classes"], {"a": 7} if inside else {})
            self.assertIn("left out, not an image: 1", info["remarks"])
        (self.folder / "empty").mkdir()
        self.expect_error(3, "--data empty: no images (.jpg, .jpeg, .png, .bmp, .webp)", "data", "info", "empty")

    def test_links_loops_and_macs(self):  # D03
        self.save("else/cats/c.png", noise(1))
        self.save("d/a.png", noise(2))
        (self.folder / "d/cats").symlink_to(self.folder / "else/cats")
        (self.folder / "d/loop").symlink_to("..")
        (self.folder / "d/dead.jpg").symlink_to("/nowhere")
        (self.folder / "d/._a.png").write_bytes(os.urandom(4096))
        (self.folder / "d/__MACOSX").mkdir()
        (self.folder / "d/__MACOSX/._a.png").write_bytes(os.urandom(4096))
        (self.folder / "d/.DS_Store").write_bytes(b"x")
        info = self.info("d")
        self.assertEqual(info["images"], 2)
        self.assertEqual(self.left_out(info), {"unreadable": 1, "linked_again": 1, "hidden": 3})
        self.assertEqual(info["left_out"]["unreadable"]["examples"], ["dead.jpg: a link to nowhere"])
        self.assertIn("links out of the folder, followed: 1 (the first: cats)", info["remarks"])

    def test_a_picture_reached_twice_is_said_and_a_circle_is_called_one(self):
        self.save("else/c.png", noise(1))
        (self.folder / "d").mkdir()
        for name in ("1.png", "2.png"):
            (self.folder / "d" / name).symlink_to(self.folder / "else/c.png")
        (self.folder / "d/self.png").symlink_to("self.png")
        info = self.info("d")
        self.assertEqual(info["images"], 1)
        self.assertEqual(info["left_out"]["linked_again"]["examples"], ["2.png"])
        self.assertEqual(info["left_out"]["unreadable"]["examples"], ["self.png: a link that leads to itself"])
        self.assertIn("links out of the folder, followed: 1 (the first: 1.png)", info["remarks"])

    def test_every_kind_of_png(self):  # D06
        transparent = Image.new("LA", (40, 40), (90, 0))
        self.save("d/1.png", transparent)
        palette = Image.new("P", (40, 40), 1)
        palette.putpalette([10, 20, 30, 200, 0, 0])
        self.save("d/2.png", palette, transparency=1)
        self.save("d/3.png", Image.new("1", (40, 40), 1))
        deep = numpy.repeat(numpy.array([[0] * 32 + [32896] * 32 + [65535] * 32], numpy.uint16), 96, axis=0)
        self.save("d/4.png", Image.fromarray(deep))
        self.write_png16("d/5.png", [(51400, 0, 0, 65535)] * 64)
        self.save("d/6.png", noise(3), interlace=1)
        for channels in (1, 2, 3, 4):
            info = self.info("d", "--channels", channels, "--image-size", 32)
            self.assertEqual((info["images"], info["left_out"]), (6, {}))
            self.run_program("train", "--data", "d", "--channels", channels, *SMALL, "--batch-size", 4, "--steps", 2)
        for background, value in [("white", 255), ("black", 0), ("#0a141e", None)]:
            only = self.folder / "one"
            only.mkdir(exist_ok=True)
            transparent.save(only / "t.png")
            cell = self.pixels("one", "--background", background)[0]
            expected = [value] * 3 if value is not None else [10, 20, 30]
            self.assertEqual(cell.reshape(-1, 3).min(0).tolist(), expected)
            self.assertEqual(cell.reshape(-1, 3).max(0).tolist(), expected)

    def write_png16(self, name, row):
        import zlib
        data = b"".join(b"\0" + b"".join(struct.pack(">4H", *p) for p in row) for _ in row)

        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        (self.folder / name).write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", len(row), len(row), 16, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))

    def test_sixteen_bits_are_divided_by_257(self):  # D06
        values = numpy.arange(64 * 64, dtype=numpy.uint16).reshape(64, 64) * 16
        values[:, 0], values[:, 1], values[:, 2] = 0, 32896, 65535
        self.save("d/a.png", Image.fromarray(values))
        cell = self.pixels("d", "--channels", 1)[0].astype(int)
        self.assertEqual(cell[5, :3].tolist(), [0, 128, 255])
        self.assertLessEqual(numpy.abs(cell - numpy.round(values / 257)).max(), 1)

    def test_cmyk_and_the_first_frame_of_animations(self):  # D07
        self.save("d/c.jpg", Image.new("RGB", (64, 64), RED).convert("CMYK"))
        frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, GREEN, BLUE)]
        self.save("d/w.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True)
        self.save("d/a.png", frames[0], save_all=True, append_images=frames[1:])
        self.save("d/g.gif", frames[0], save_all=True, append_images=frames[1:])
        self.assertEqual(self.left_out(self.info("d")), {"unsupported": 1})
        for cell in self.pixels("d"):
            self.assertLessEqual(numpy.abs(cell.astype(int) - RED).max(), 4)

    def faulty_folder(self):
        for i in range(20):
            self.save(f"d/good{i:02}.jpg", noise(i, (64, 64)), quality=90)
        for name, options in [("base", {}), ("prog", {"progressive": True})]:
            path = self.save(f"{name}.jpg", noise(77, (64, 64)), **options)
            data = path.read_bytes()
            (self.folder / f"d/{name}.jpg").write_bytes(data[:len(data) * 6 // 10])
        (self.folder / "d/zero.jpg").write_bytes(b"")
        (self.folder / "d/text.png").write_text("this is no picture")

    def test_damaged_files_are_named_before_the_first_step(self):  # D08
        self.faulty_folder()
        result = self.run_program("train", "--data", "d", *SMALL, "--steps", 2, "--out", "run")
        lines = result.stderr.splitlines()
        self.assertIn("left out, empty: 1 (zero.jpg)", lines)
        self.assertTrue(any(line.startswith("left out, truncated or damaged: 2 (base.jpg: ") for line in lines), lines)
        self.assertIn("left out, named like a picture, but none inside: 1 (text.png)", lines)
        self.assertLess(lines.index("left out, empty: 1 (zero.jpg)"),
                        next(i for i, line in enumerate(lines) if line.startswith("step ")))
        self.assertNotRegex(result.stderr, "(?i)libjpeg|libpng|corrupt|opencv")
        self.expect_error(3, "--strict: --data d: empty: 1 (zero.jpg); truncated or damaged: 2", "train", "--data", "d",
                          *SMALL, "--strict", "--quiet")

    def test_more_faults(self):
        for i in range(3):
            self.save(f"d/{i}.png", noise(i))
        good = (self.folder / "d/0.png").read_bytes()
        (self.folder / "d/cut.png").write_bytes(good[:-20])
        flipped = bytearray(good)
        flipped[len(good) // 2] ^= 0xff
        (self.folder / "d/flipped.png").write_bytes(bytes(flipped))
        bomb = bytearray(good)
        bomb[16:24] = struct.pack(">2I", 60000, 60000)
        import zlib
        bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
        (self.folder / "d/bomb.png").write_bytes(bytes(bomb))
        self.save("d/line.png", noise(9, (500, 1)))
        Image.new("RGB", (50, 50)).save(self.folder / "d/cut.bmp")
        data = (self.folder / "d/cut.bmp").read_bytes()
        (self.folder / "d/cut.bmp").write_bytes(data[:200])
        self.save("d/cut.webp", noise(5))
        data = (self.folder / "d/cut.webp").read_bytes()
        (self.folder / "d/cut.webp").write_bytes(data[:len(data) // 2])
        self.save("d/jpeg-inside.png", noise(5), format="JPEG")  # read as what it is
        (self.folder / "d/web.jpg").write_text("<!DOCTYPE html><html>")
        info = self.info("d")
        self.assertEqual(info["images"], 4)
        self.assertEqual(self.left_out(info), {"damaged": 4, "too_large": 1, "too_narrow": 1, "no_picture_inside": 1})
        self.assertEqual(info["left_out"]["too_large"]["examples"],
                         ["bomb.png: 60000x60000, more than 134 million pixels"])
        self.assertEqual(info["left_out"]["too_narrow"]["examples"], ["line.png: 500x1"])

    def test_crops_that_lie_outside_have_their_own_reason(self):
        self.save("d/a.png", noise(1, (60, 60)))
        self.save("d/b.png", noise(2, (30, 60)))
        info = self.info("d", "--crop", "10,10,40,40")
        self.assertEqual(info["left_out"], {"outside_crop": {"count": 1, "examples": ["b.png: 30x60"]}})
        self.assertIn("left out, --crop lies outside: 1 (b.png: 30x60)", info["remarks"])

    def test_alpha_of_a_bmp_lies_on_the_background(self):
        def bmp(alpha, header=124, rows=64):
            pixels = struct.pack("<4B", 9, 30, 200, alpha) * 64 * abs(rows)
            masks = struct.pack("<4I", 0xff0000, 0xff00, 0xff, 0xff000000)
            info = struct.pack("<IiiHHIIiiII", header, 64, rows, 1, 32, 3, len(pixels), 0, 0, 0, 0) + masks
            info += bytes(header - len(info))
            return b"BM" + struct.pack("<IHHI", 14 + header + len(pixels), 0, 0, 14 + header) + info + pixels

        (self.folder / "d").mkdir()
        for name, alpha, options, expected in [("half", 128, {}, [227, 142, 131]), ("v4", 128, {"header": 108}, [227, 142, 131]),
                                               ("down", 255, {"rows": -64}, [200, 30, 9]), ("unused", 0, {}, [200, 30, 9])]:
            (self.folder / "d/a.bmp").write_bytes(bmp(alpha, **options))
            cell = self.pixels("d")[0].astype(int)
            self.assertLessEqual(numpy.abs(cell - expected).max(), 1, name)

    def test_pictures_of_the_data_are_not_overwritten(self):
        for i in range(16):
            self.save(f"d/{i:02}.png", noise(i))
        self.save("else/cat.png", noise(50))
        (self.folder / "d/cat.png").symlink_to(self.folder / "else/cat.png")
        before = {path: path.read_bytes() for path in self.folder.rglob("*.png")}
        self.run_program("train", "--data", "d", *SMALL, "--steps", 2, "--out", "run")
        for arguments in [("data", "info", "d", "--grid", "d/03.png"), ("data", "info", "d", "--grid", "d/new.png"),
                          ("data", "info", "d", "--grid", "else/cat.png"),
                          ("generate", "run", "--out", "d/03.png"), ("report", "run", "run", "--out", "d/03.png"),
                          ("evaluate", "run", "--samples", 20, "--fid-only", "--quiet", "--neighbours", "d/03.png")]:
            self.expect_error(2, "the data", *arguments)
        self.expect_error(2, "lies in the data folder . and would become one of its pictures", "data", "info", ".",
                          "--grid", "examples.png", cwd="d")
        for path, content in before.items():
            self.assertEqual(path.read_bytes(), content)

    def test_a_run_inside_its_data_does_not_train_on_what_it_drew(self):
        for i in range(16):
            self.save(f"d/{i:02}.png", noise(i))
        self.run_program("train", "--data", ".", *SMALL, "--steps", 2, cwd="d")
        self.run_program("train", "--resume", "--steps", 4, cwd="d")
        self.assertEqual(self.left_out(self.info("d")), {"own_run": 1})
        self.run_program("generate", "--rows", 1, "--cols", 1, "--out", "runs/00000-.-batch/one.png", cwd="d")

    def test_files_without_permission(self):
        self.save("d/a.png", noise(1))
        self.save("d/b.png", noise(2)).chmod(0)
        if os.geteuid() == 0:  # root reads everything: as another user
            os.chmod(self.folder, 0o755)
            result = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BINARY, "data",
                                     "info", "d", "--json"], cwd=self.folder, capture_output=True, text=True)
            if result.returncode != 0 and "a.png" not in result.stdout and "setpriv" in result.stderr:
                self.skipTest("cannot become another user")
            if "cannot open shared object" in result.stderr or "Permission denied" in result.stderr and not result.stdout:
                self.skipTest("the program itself lies where others cannot read")
            info = json.loads(result.stdout)
        else:
            info = self.info("d")
        self.assertEqual(info["images"], 1)
        self.assertEqual(info["left_out"]["unreadable"]["examples"], ["b.png: Permission denied"])

    def test_grey_among_colour_and_colour_to_grey(self):  # D12
        for i in range(19):
            self.save(f"mixed/{i:02}.jpg", noise(i))
        self.save("mixed/grey.jpg", noise(99, mode="L"))
        for i in range(20):
            self.save(f"grey/{i:02}.jpg", noise(i, mode="L"))
        for data, channels in [("mixed", 3), ("grey", 3), ("mixed", 1)]:
            self.run_program("train", "--data", data, "--channels", channels, *SMALL, "--steps", 2)
        for cell in self.pixels("grey"):
            self.assertTrue((cell[..., 0] == cell[..., 1]).all() and (cell[..., 1] == cell[..., 2]).all())
        colours = numpy.random.default_rng(0).integers(0, 256, (32, 32, 3), numpy.uint8)
        self.save("one/a.png", Image.fromarray(colours))
        grey = self.pixels("one", "--channels", 1, "--image-size", 32)[0].astype(float)
        self.assertLessEqual(numpy.abs(grey - colours @ [0.299, 0.587, 0.114]).max(), 1)

    def test_red_stays_red_with_padded_rows(self):  # G04
        for i in range(20):
            self.save(f"d/{i}.png", Image.new("RGB", (33, 17), (255, 0, 0)))
        info = self.info("d")
        for mean, expected in zip(info["mean"], [1, 0, 0]):
            self.assertAlmostEqual(mean, expected, delta=0.012)
        self.run_program("train", "--data", "d", *SMALL, "--steps", 1, "--out", "run")
        reals = numpy.asarray(Image.open(self.folder / "run/reals.png")).astype(int)[2:18, 2:18]
        self.assertLessEqual(numpy.abs(reals - (255, 0, 0)).max(), 3)

    def test_orientation_of_exif(self):
        image = Image.new("RGB", (60, 30), BLUE)
        image.paste(RED, (0, 0, 30, 30))  # red left, blue right
        exif = Image.Exif()
        for orientation in range(1, 9):
            exif[0x0112] = orientation
            for ending in ("jpg", "png", "webp"):
                path = self.save(f"d{orientation}{ending}/a.{ending}", image, exif=exif.tobytes())
                from PIL import ImageOps
                seen = numpy.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB").resize((64, 64)))
                cell = self.pixels(path.parent.name, "--fit", "stretch")[0].astype(int)
                for y, x in [(10, 10), (10, 54), (54, 10), (54, 54)]:
                    self.assertLess(numpy.abs(cell[y, x] - seen[y, x]).max(), 40, (orientation, ending))

    def test_paths_with_everything_in_them(self):  # D16
        root = "bilder äöü 图片 'x\""
        for i in range(16):
            self.save(f"{root}/猫 {i}.jpg", noise(i))
        info = self.info(root)
        self.assertEqual((info["images"], info["data"]), (16, root))
        result = self.run_program("train", "--data", root, *SMALL, "--steps", 2, "--out", "läufe/run 1")
        command = result.stdout.splitlines()[-1].split("more images: ")[1].replace("dcgan", BINARY, 1)
        subprocess.run(command + " --rows 1 --cols 2", shell=True, cwd=self.folder, check=True, capture_output=True)
        self.run_program("train", "--resume", "läufe/run 1", "--steps", 4)
        self.run_program("train", "--config", "läufe/run 1/config.toml", "--steps", 1)

    def test_wide_pictures_are_said_to_be_cropped(self):  # T13
        for i in range(16):
            self.save(f"d/{i:02}.png", noise(i, (36, 24)))
        result = self.run_program("train", "--data", "d", *SMALL, "--steps", 1)
        self.assertIn("not square, cropped at the centre: 16 of 16 pictures (the first, 00.png: 36x24); "
                      "--fit pad keeps all of each", result.stderr)

    def test_streamed_training_equals_training_in_memory(self):
        for i in range(40):
            self.save(f"d/{i:02}.jpg", noise(i, (80, 60)))
        digests = set()
        for out, options in [("a", []), ("b", ["--memory", "1K", "--workers", 1]), ("c", ["--memory", "1K", "--workers", 4])]:
            self.run_program("train", "--data", "d", "--flip", *SMALL, "--steps", 8, "--out", out, *options)
            digests.add(json.loads(self.run_program("data", "info", "d", "--json").stdout)["fingerprint"])
        from safetensors.numpy import load_file
        reference = load_file(self.folder / "a/checkpoints/000008.safetensors")
        for other in "bc":
            tensors = load_file(self.folder / other / "checkpoints/000008.safetensors")
            for name, value in reference.items():
                self.assertTrue(numpy.array_equal(value, tensors[name]), name)
        self.assertEqual(len(digests), 1)

    def test_a_file_that_vanishes_during_the_run(self):
        for i in range(40):
            self.save(f"d/{i:02}.png", noise(i))
        arguments = ["train", "--data", "d", "--memory", "0", *SMALL, "--steps", 4000, "--log-every", 1]
        for strict in (False, True):
            out = f"run{strict}"
            process = self.start_program(*arguments, "--out", out, "--max-time", "4s", *["--strict"] * strict)
            metrics = self.folder / out / "metrics.jsonl"
            wait_until(lambda: metrics.exists() and metrics.stat().st_size >= 400, process)
            (self.folder / "d/07.png").unlink()
            _, stderr = process.communicate(timeout=120)
            self.assertIn("07.png: not readable", stderr)
            self.assertEqual(process.returncode, 3 if strict else 0, stderr)
            self.assertEqual(stderr.count("07.png"), 1)
            self.assertRegex(stderr, r"step \d+ is saved in" if strict else
                             r"warning: pictures that could not be read any more \(not readable: 1\); others were shown in "
                             r"their place \d+ times?\n")
            self.save("d/07.png", noise(7))

    def test_when_all_files_vanish_the_last_step_is_saved(self):
        for i in range(40):
            self.save(f"d/{i:02}.png", noise(i))
        process = self.start_program("train", "--data", "d", "--memory", "0", *SMALL, "--steps", 100000, "--log-every", 1,
                                     "--out", "run")
        metrics = self.folder / "run/metrics.jsonl"
        wait_until(lambda: metrics.exists() and metrics.stat().st_size >= 400, process)
        for path in (self.folder / "d").iterdir():
            path.unlink()
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 3, stderr)
        last = stderr.splitlines()[-1]
        self.assertIn("none of its 40 pictures can be read any more; step ", last)
        self.assertTrue((self.folder / last.split(" is saved in ")[1]).is_file())

    def test_a_resume_says_in_words_how_the_images_changed(self):
        for i in range(17):
            self.save(f"d/{i:02}.png", noise(i))
        self.run_program("train", "--data", "d", *SMALL, "--steps", 2, "--out", "run")
        self.save("d/03.png", noise(99))
        self.expect_error(4, "other images: 17 images as before, but some were changed, renamed or replaced", "train",
                          "--resume", "run", "--steps", 4)
        (self.folder / "d/03.png").unlink()
        self.expect_error(4, "other images: 17 images then, 16 now; --allow-change goes on", "train", "--resume", "run",
                          "--steps", 4)


class Sets(DataTest):
    def idx(self, name, count, claimed=None, compress=False, size=28):
        data = struct.pack(">4I", 0x803, claimed or count, size, size) + os.urandom(count * size * size)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data) if compress else data)

    def test_mnist_in_all_its_names(self):  # D14
        for i, name in enumerate(["train-images-idx3-ubyte", "train-images.idx3-ubyte", "train-images-idx3-ubyte.gz",
                                  "emnist-letters-train-images-idx3-ubyte.gz"]):
            self.idx(f"m{i}/{name}", 100, compress=i % 2 == 0)  # gzip is known by its first bytes
            (self.folder / f"m{i}/{name.replace('images', 'labels').replace('idx3', 'idx1')}").write_bytes(
                struct.pack(">2I", 0x801, 100) + bytes(i % 10 for i in range(100)))
            info = self.info(f"m{i}")
            self.assertEqual((info["kind"], info["images"], info["image_size"], info["channels"]), ("IDX", 100, 32, 1))
            self.assertEqual(info["classes"]["3"], 10)
        self.assertEqual(self.info("m0/train-images-idx3-ubyte", "--channels", 3, "--image-size", 64)["channels"], 3)
        self.run_program("train", "--data", "m1", *SMALL, "--steps", 1)

    def test_faults_of_idx_and_cifar(self):  # D14
        self.idx("short/train-images-idx3-ubyte", 100, claimed=60000)
        (self.folder / "html").mkdir()
        (self.folder / "html/train-images-idx3-ubyte.gz").write_text("<!DOCTYPE html><html>")
        (self.folder / "cifar-10-batches-py").mkdir()
        (self.folder / "cifar-10-batches-py/data_batch_1").write_bytes(b"\x80\x02}")
        (self.folder / "cut").mkdir()
        (self.folder / "cut/data_batch_1.bin").write_bytes(bytes(3073 * 10 - 1))
        (self.folder / "archive.zip").write_bytes(b"PK\x03\x04")
        for part, path in [("its header claims 47040000 values, 78400 are there", "short"),
                           ("but a web page: the download failed", "html"),
                           ("this is CIFAR's Python release; the binary one is needed", "cifar-10-batches-py"),
                           ("30729 bytes are no whole number of CIFAR-10's records of 3073 bytes", "cut"),
                           ("an archive: unpack it", "archive.zip"),
                           ("no such folder, and no set of this name", "cifar")]:
            self.expect_error(3, part, "data", "info", path)

    def test_more_faults_of_idx_and_cifar(self):
        self.idx("long/train-images-idx3-ubyte", 100, claimed=99)
        for name, content in [("html/data_batch_1.bin", b"<!DOCTYPE html><html>" * 200), ("zero/data_batch_1.bin", b""),
                              ("zero-idx/train-images-idx3-ubyte", b""),
                              ("label10/data_batch_1.bin", bytes(3073 * 3) + bytes([10]) + bytes(3072)),
                              ("label100/train.bin", bytes([3, 100]) + bytes(3072))]:
            (self.folder / name).parent.mkdir()
            (self.folder / name).write_bytes(content)
        self.save("one.jpg", noise(1))
        for part, path in [("longer than the 77616 values that its header claims", "long"),
                           ("no CIFAR-10 file, but a web page: the download failed", "html"),
                           ("an empty file", "zero"), ("an empty file", "zero-idx"),
                           ("damaged, or no CIFAR-10 file: record 3 has the label 10, the largest is 9", "label10"),
                           ("record 0 has the label 100, the largest is 99", "label100"),
                           ("a single picture: name a folder of pictures", "one.jpg")]:
            self.expect_error(3, part, "data", "info", path)

    def test_of_several_kinds_in_a_folder_one_is_taken_and_the_others_are_named(self):
        self.idx("both/train-images-idx3-ubyte", 100)
        self.save("both/a.png", noise(1))
        self.save("both/b.png", noise(2))
        remark = "IDX files taken; not taken: 2 pictures in the same folder (give each kind its own)"
        self.assertEqual(self.info("both")["remarks"], [remark])
        (self.folder / "both/data_batch_1.bin").write_bytes(bytes(3073))
        self.assertIn("not taken: CIFAR's files and 2 pictures", self.info("both")["remarks"][0])
        self.expect_error(3, "IDX files taken", "data", "info", "both", "--strict")

    def test_cifar(self):
        rng = numpy.random.default_rng(0)
        for kind, labels, files in [("c10", 1, ["data_batch_1.bin", "data_batch_2.bin"]), ("c100", 2, ["train.bin"])]:
            (self.folder / kind).mkdir()
            for name in files:
                records = rng.integers(0, 256, (50, labels + 3072), numpy.uint8)
                records[:, :labels] = 1
                records[:, labels:labels + 1024] = 255  # the red plane
                records[:, labels + 1024:] = 0
                (self.folder / kind / name).write_bytes(records.tobytes())
            (self.folder / kind / "batches.meta.txt").write_text("airplane\nautomobile\n")
            info = self.info(kind)
            self.assertEqual((info["images"], info["mean"]), (50 * len(files), [1, 0, 0]))
            self.assertEqual(info["classes"], {"automobile" if labels == 1 else "1": 50 * len(files)})

    def test_named_sets(self):
        self.assertEqual(self.info("digits")["images"], 5000)
        self.assertEqual(self.info("stacked-digits")["images"], 128000)
        for name, count, package in [("fashion", 60000, "dataset-fashion-mnist"),
                                     ("emoji", 3000, "fonts-noto-color-emoji")]:
            result = self.run_program("data", "info", name, "--json", code=None)
            if result.returncode == 3:
                self.assertIn(f"apt install {package}", result.stderr)
            else:
                self.assertGreaterEqual(json.loads(result.stdout)["images"], count)
                self.run_program("train", "--data", name, *SMALL, "--steps", 2)
        self.expect_error(2, "--fit: only for folders of pictures", "data", "info", "digits", "--fit", "pad")

    def test_a_folder_named_like_a_set_is_told_from_it_by_its_path(self):
        for i in range(16):
            self.save(f"digits/{i}.png", noise(i))
        self.assertEqual(self.info("digits")["images"], 5000)
        self.assertEqual(self.info("./digits")["images"], 16)


if __name__ == "__main__":
    unittest.main()
