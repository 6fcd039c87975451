import json
import os
import pathlib
import struct
import unittest

from program import SMALL, ProgramTest


class Errors(ProgramTest):
    """Every mistake: one line that names it, and the exit code of the README."""

    def test_wrong_command_lines(self):
        (self.folder / "file").write_text("precious")
        (self.folder / "bad.toml").write_text("nz = 100\nbatchsize = 3\n")
        (self.folder / "torn.toml").write_text("nz = \n")
        (self.folder / "range.toml").write_text("[train]\nnz = 0\nlr = -1.0\n")
        (self.folder / "data.toml").write_text('data = "nowhere"\n')
        (self.folder / "list.toml").write_text("lr = [1, 2]\n")
        (self.folder / "twice.toml").write_text("nz = 1\n[train]\nnz = 2\n")
        (self.folder / "tables.toml").write_text("[[train]]\nnz = 2\n")
        (self.folder / "out.toml").write_text('out = "x"\n')
        (self.folder / "type.toml").write_text('ngf = "8"\n')
        (self.folder / "open.toml").write_text('nz = 3\ndata = "digits\n')
        (self.folder / "emptyfolder").mkdir()
        os.mkfifo(self.folder / "pipe")
        os.mkdir(os.fsencode(self.folder) + b"/na\xefme")
        cases = [
            (2, "unknown verb 'trian'; did you mean train?", "trian"),
            (2, "--quiet belongs behind the verb: dcgan train --quiet", "--quiet", "train"),
            (2, "--config belongs behind the verb: dcgan train --config", "--config", "digits"),
            (2, "out.toml:1: 'out' stands on the command line only", "train", "--config", "out.toml"),
            (2, "type.toml:1: ngf must be a whole number, not \"8\"", "train", "--config", "type.toml"),
            (2, "open.toml:2: the string is not closed", "train", "--config", "open.toml"),
            (2, "torn.toml:1: there is no value behind the =", "train", "--config", "torn.toml"),
            (2, "--config pipe: no regular file", "train", "--config", "pipe"),
            (2, "--config emptyfolder: no regular file", "train", "--config", "emptyfolder"),
            (2, "--background: only for folders of pictures", "train", "--background", "black"),
            (2, r"--data na\xefme: the path is not UTF-8", "train", "--data", os.fsdecode(b"na\xefme")),
            (2, r"--out o\xefut: the path is not UTF-8", "train", "--out", os.fsdecode(b"o\xefut")),
            (4, "--resume emptyfolder: no folder of a run", "train", "--resume", "emptyfolder"),
            (4, "--resume nowhere: no such run folder", "train", "--resume", "nowhere"),
            (2, "unknown option '--sede'; did you mean --seed?", "train", "--sede", "3"),
            (2, "unknown argument 'more'", "train", "more"),
            (2, "--steps", "train", "--steps", "many"),
            (2, "--seed -5", "train", "--seed", "-5"),
            (2, "--seed 9223372036854775808: expected a whole number in range", "train", "--seed",
             "9223372036854775808"),
            (2, "--image-size 1e2: expected a whole number", "train", "--image-size", "1e2"),
            (2, "--lr abc: expected a number", "train", "--lr", "abc"),
            (2, "empty value after '--resume'", "train", "--resume", ""),
            (2, "empty value after '--config'", "train", "--config", ""),
            (2, "no regular file", "train", "--config", "/dev/urandom"),
            (2, "take 32 or 64", "train", "--image-size", "48"),
            (2, "take 256", "train", "--image-size", "418"),
            (2, "64x128", "train", "--image-size", "64x128"),
            (2, "one of batch, none, layer", "train", "--norm", "Batch"),
            (2, "--channels 5", "train", "--channels", "5"),
            (2, "--init he2", "train", "--init", "he2"),
            (2, "--lr-g 0", "train", "--lr-g", "0"),
            (2, "--precision bf16: only on a GPU", "train", "--device", "cpu", "--precision", "bf16"),
            (2, "--precision fp8: expected auto, fp32, tf32 or bf16", "train", "--precision", "fp8"),
            (2, "--eval-metric is", "train", "--eval-metric", "is"),
            (2, "--eval-samples 1", "train", "--eval-samples", "1"),
            (2, "--samples 1", "evaluate", "digits", "--data", "digits", "--samples", "1"),
            (2, "--statistics best", "evaluate", "digits", "--data", "digits", "--statistics", "best"),
            (2, "--data: name the set", "evaluate", "digits"),
            (2, "only with a checkpoint", "evaluate", "digits", "--data", "digits", "--held-out", "digits", "--fid-only", "--quiet"),
            (2, "a resumed run goes on with its own options", "train", "--resume", "run", "--config", "bad.toml"),
            (2, "--samples 99999999999: expected 2 to", "evaluate", "digits", "--data", "digits", "--samples", "99999999999"),
            (2, "--channels 5", "evaluate", "digits", "--data", "digits", "--channels", "5"),
            (2, "--image-size -3", "evaluate", "digits", "--data", "digits", "--image-size", "-3"),
            (2, "--kid-subset-size 1", "evaluate", "digits", "--data", "digits", "--kid-subset-size", "1"),
            (2, "no folder /nowhere", "evaluate", "digits", "--data", "digits", "--neighbours", "/nowhere/x.png"),
            (2, "--threads -1", "evaluate", "digits", "--data", "digits", "--threads", "-1"),
            (2, "--image-size 1", "evaluate", "digits", "--data", "digits", "--image-size", "1"),
            (2, "--crop 1,2,3: expected X,Y,WIDTH,HEIGHT", "train", "--crop", "1,2,3"),
            (2, "--crop 0,0,2,50", "train", "--crop", "0,0,2,50"),
            (2, "--crop: only for folders of pictures", "train", "--crop", "0,0,20,20"),
            (2, "--fit zoom: expected crop, pad or stretch", "train", "--fit", "zoom"),
            (2, "--background pink: expected white, black or #rrggbb", "train", "--background", "pink"),
            (2, "--memory much: expected auto or a size", "train", "--memory", "much"),
            (2, "--memory 5X", "data", "info", "digits", "--memory", "5X"),
            (2, "--workers -1", "train", "--workers", "-1"),
            (2, "--log-format xml: expected text or json", "train", "--log-format", "xml"),
            (2, "its images have 3 channels", "train", "--data", "stacked-digits", "--channels", "1"),
            (2, "no such preset", "train", "--config", "absent"),
            (2, "--image-size -4: image size must be a power of two from 16 to 256: take 16", "data", "info", "digits", "--image-size", "-4"),
            (2, "take 16 or 32", "data", "info", "digits", "--image-size", "17"),
            (3, "no set of this name; the set digits has 5,000 of its digits", "data", "info", "MNIST"),
            (3, "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "train", "--data", "cifar10"),
            (3, "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "train", "--config", "cifar10"),
            (3, "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html", "train", "--config", "celeba-64"),
            (3, "did you mean stacked-digits?", "train", "--data", "stacked_digits"),
            (3, "dcgan loads nothing from the network", "train", "--data", "https://example.org/cats.zip"),
            (2, "range.toml:2: nz 0: expected 1 to", "train", "--config", "range.toml"),
            (2, "range.toml:3: lr -1: expected a number above 0", "train", "--config", "range.toml", "--nz", "5"),
            (3, "data.toml:1: data nowhere: no such folder", "train", "--config", "data.toml"),
            (2, "list.toml:1: lr must be a number, not a list", "train", "--config", "list.toml"),
            (2, "twice.toml:3: nz is given in line 1 already", "train", "--config", "twice.toml"),
            (2, "tables.toml:1: [[train]] is a list of tables; expected [train]", "train", "--config", "tables.toml"),
            (2, ".png or .jpg", "data", "info", "digits", "--grid", "x.gif"),
            (2, "unknown argument 'inof'; did you mean info?", "data", "inof"),
            (3, "no such folder", "data", "info", "nowhere"),
            (2, "--device tpu", "train", "--device", "tpu"),
            (2, "--device cuda:x", "train", "--device", "cuda:x"),
            (2, "bad.toml:2: unknown option 'batchsize'; did you mean 'batch-size'?",
             "train", "--config", "bad.toml"),
            (2, "absent.toml", "train", "--config", "absent.toml"),
            (2, "--out file: is a file", "train", "--out", "file"),
            (2, "--out /proc/x", "train", "--out", "/proc/x"),
            (2, "no run with a checkpoint", "generate"),
            (2, "no run with a checkpoint", "train", "--resume"),
            (2, ".png or .jpg", "generate", "--out", "x.gif"),
            (2, "--seeds -1", "generate", "--seeds", "-1"),
            (2, "--rows 0", "generate", "--rows", "0"),
            (3, "--data nowhere: no such folder", "train", "--data", "nowhere"),
            (3, "--data file: a file, but no folder", "train", "--data", "file"),
            (3, "5000 images are fewer than --batch-size 6000", "train", "--batch-size", "6000"),
            (4, "absent: no such checkpoint", "info", "absent"),
            (4, "is no safetensors file", "info", "bad.toml"),
        ]
        for code, part, *arguments in cases:
            with self.subTest(arguments=arguments):
                self.expect_error(code, part, *arguments)
        self.assertEqual((self.folder / "file").read_text(), "precious")
        self.assertFalse(any(self.folder.glob("runs/*")), "a failed start left a run folder")

    def test_empty_folder_and_few_images(self):
        (self.folder / "d").mkdir()
        self.expect_error(3, "no images (.jpg, .jpeg, .png, .bmp, .webp)", "train", "--data", "d")

    def test_cuda_without_a_device(self):
        if pathlib.Path("/dev/nvidiactl").exists():
            self.skipTest("there is a GPU")
        result = self.run_program("train", "--device", "cuda", code=2)
        self.assertRegex(result.stderr, "no CUDA device found|built without CUDA|cannot be loaded")

    def test_unwritable_folder_is_found_before_the_first_step(self):
        (self.folder / "file").touch()
        self.expect_error(2, "file/run", "train", "--out", "file/run")
        if os.geteuid() == 0:
            return  # no folder is locked to root
        (self.folder / "locked").mkdir(mode=0o500)
        self.expect_error(2, "locked/run", "train", "--out", "locked/run")

    def edited_checkpoint(self, edit):
        """A copy of a good checkpoint whose header went through `edit`, as a program writes it that knows no digest of it."""
        if not (self.folder / "run").exists():
            self.run_program("train", *SMALL, "--steps", 2, "--out", "run")
        data = (self.folder / "run/checkpoints/000002.safetensors").read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + size])
        del header["__metadata__"]["header_xxh3_128"]
        edit(header)
        text = json.dumps(header).encode()
        (self.folder / "edited.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])
        return "edited.safetensors"

    def test_checkpoints_of_other_architectures(self):
        def metadata(**values):
            return lambda header: header["__metadata__"].update(values)

        def drop(header):
            header["other"] = header.pop("generator.main.1.running_var")

        for part, edit in [
                ("fit image-size 16, nz 16 and ngf 9", metadata(ngf="9")),
                ("999999999999", metadata(ngf="999999999999")),
                ("metadata 'nz' is 'x'", metadata(nz="x")),
                ("unknown normalization 'weird'", metadata(**{"norm-g": "weird"})),
                ("newer version", metadata(**{"dcgan.format": "9"})),
                ("lacks the tensor generator.main.1.running_var", drop),
                ("no checkpoint of dcgan", lambda header: header.pop("__metadata__"))]:
            with self.subTest(part):
                self.expect_error(4, part, "generate", self.edited_checkpoint(edit))

    def test_metadata_that_contradicts_itself_cannot_be_resumed(self):
        def metadata(**values):
            return lambda header: header["__metadata__"].update(
                {k.replace("_", "-"): v for k, v in values.items()})

        for edit in [metadata(images_seen="-1"), metadata(images_seen="99999999999999999"),
                     metadata(norm_d="layer"), metadata(ndf="9"), metadata(config=""),
                     metadata(step="99999999999999999")]:
            self.expect_error(4, "contradicts itself", "train", "--resume", self.edited_checkpoint(edit),
                              "--out", "x", "--steps", 5)

    def test_control_characters_of_a_file_do_not_reach_the_terminal(self):
        path = self.edited_checkpoint(lambda header: header["__metadata__"].update(note="a\x1b[31m"))
        self.assertIn("a\\x1b[31m", self.run_program("info", path).stdout)

    def test_full_standard_output_is_no_success(self):
        self.edited_checkpoint(lambda header: None)
        with open("/dev/full", "w") as full:
            import subprocess
            from program import BINARY
            code = subprocess.run([BINARY, "info", "run"], cwd=self.folder, stdout=full,
                                  stderr=subprocess.DEVNULL).returncode
        self.assertEqual(code, 2)

    def test_damaged_checkpoints(self):
        self.edited_checkpoint(lambda header: None)
        good = (self.folder / "edited.safetensors").read_bytes()
        for part, data in [("digest", good[:-1] + bytes([good[-1] ^ 1])),
                           ("cut", good[:-9]),
                           ("bytes", b""),
                           ("Git LFS", b"version https://git-lfs.github.com/spec/v1\noid"),
                           ("web page", b"<!DOCTYPE html><html>"),
                           ("no safetensors file", os.urandom(5000))]:
            (self.folder / "bad.safetensors").write_bytes(data)
            with self.subTest(part):
                self.expect_error(4, part, "generate", "bad.safetensors")


if __name__ == "__main__":
    unittest.main()
