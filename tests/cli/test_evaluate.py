"""dcgan evaluate: what it prints, that it does not depend on how pictures travel, and bad input."""
import json
import os
import shutil
import unittest

import numpy
import safetensors.torch
import torch
from PIL import Image

from fid import scipy_fid
from program import SMALL, ProgramTest


class Evaluate(ProgramTest):
    def setUp(self):
        super().setUp()
        os.environ["XDG_CACHE_HOME"] = str(self.folder / "cache")
        self.addCleanup(os.environ.pop, "XDG_CACHE_HOME")

    def train(self, out="run", *options):
        self.run_program("train", *SMALL, "--image-size", 32, "--steps", 4, "--lr", "1e-3", "--out", out, "--quiet", *options)
        return out

    def evaluate(self, *arguments, **kwargs):
        """What evaluate prints as JSON; the slow measures of pixels only where a test asks for them."""
        if "--pixel-images" not in arguments:
            arguments += ("--pixel-images", 0)
        if "--kid-subsets" not in arguments:
            arguments += ("--kid-subsets", 3)
        return json.loads(self.run_program("evaluate", *arguments, "--json", "--quiet", **kwargs).stdout)

    def test_statistics_are_nothing_to_a_norm_that_keeps_none(self):
        run = self.train("run", "--norm", "spectral")
        fids = {self.evaluate(run, "--samples", 200, "--fid-only", "--statistics", statistics)["fid"]
                for statistics in ("running", "standing", "batch")}
        self.assertEqual(len(fids), 1)

    def pictures(self, name, images, suffix=".png", **options):
        folder = self.folder / name
        folder.mkdir()
        for i, image in enumerate(images):
            Image.fromarray(image.squeeze()).save(folder / f"{i:04}{suffix}", **options)
        return name

    def generated(self, run, count):
        """The program's own images, cut out of its sheet."""
        columns = 20
        self.run_program("generate", run, "--seeds", f"0-{count - 1}", "--cols", columns, "--out", "sheet.png")
        sheet = numpy.asarray(Image.open(self.folder / "sheet.png"))
        cells = [sheet[2 + 34 * (i // columns):34 + 34 * (i // columns), 2 + 34 * (i % columns):34 + 34 * (i % columns)]
                 for i in range(count)]
        return numpy.stack(cells)

    def test_a_set_against_itself_has_fid_zero_without_a_minus_sign(self):
        found = self.evaluate("digits", "--data", "digits", "--kid-subsets", 5)
        self.assertGreaterEqual(found["fid"], 0)
        self.assertLess(found["fid"], 1e-3)
        self.assertEqual(found["real_images"], 5000)
        self.assertEqual(found["modes_covered"], 10)
        text = self.run_program("evaluate", "digits", "--data", "digits", "--kid-subsets", 2, "--quiet",
                                "--pixel-images", 100).stdout
        self.assertNotIn("-0.0", text.split("KID")[0])
        self.assertIn("features 'digits', 5,000 against 5,000 images", text)
        self.assertIn("MS-SSIM of pairs", text)

    def test_a_trained_run_is_nearer_than_an_untrained_one_and_names_features_and_counts(self):
        self.run_program("train", *SMALL, "--image-size", 32, "--steps", 150, "--lr", "5e-3", "--batch-size", 32, "--out", "run",
                         "--checkpoint-every", 150, "--quiet")
        trained = self.evaluate("run", "--samples", 500)
        untrained = self.evaluate("run/checkpoints/000000.safetensors", "--samples", 500)
        self.assertEqual((trained["features"], trained["generated_images"], trained["real_images"]), ("digits", 500, 5000))
        self.assertLess(trained["fid"], untrained["fid"])
        self.assertGreater(trained["class_entropy"], untrained["class_entropy"])

    def test_memory_and_png_give_the_same_number_and_jpeg_another(self):
        run = self.train()
        images = self.generated(run, 200)
        memory = self.evaluate(run, "--samples", 200)["fid"]
        png = self.evaluate(self.pictures("png", images), "--data", "digits")["fid"]
        jpeg = self.evaluate(self.pictures("jpeg", images, ".jpg", quality=90), "--data", "digits")["fid"]
        self.assertLess(abs(png - memory), 1e-6 * memory)
        self.assertGreater(abs(jpeg - memory), 1e-6 * memory)

    def test_a_folder_of_three_sizes_and_some_grey_works(self):
        random = numpy.random.default_rng(1)
        folder = self.folder / "mixed"
        folder.mkdir()
        for i in range(30):
            shape = [(32, 32, 3), (40, 50, 3), (64, 48)][i % 3]
            Image.fromarray(random.integers(0, 256, shape, dtype=numpy.uint8)).save(folder / f"{i}.png")
        found = self.evaluate("mixed", "--data", "mixed")
        self.assertLess(found["fid"], 1e-3)
        self.assertEqual(found["features"], "random")

    def test_too_few_and_identical_images_give_a_finite_number_and_a_warning(self):
        random = numpy.random.default_rng(1)
        few = self.pictures("few", random.integers(0, 256, (20, 32, 32), dtype=numpy.uint8))
        found = self.evaluate(few, "--data", "digits")
        self.assertTrue(any("20 images are too few for 64 feature dimensions" in w for w in found["warnings"]), found)
        self.assertTrue(any("subsets of 20 images instead of 1000" in w for w in found["warnings"]), found)
        same = self.pictures("same", numpy.repeat(random.integers(0, 256, (1, 32, 32), dtype=numpy.uint8), 500, axis=0))
        found = self.evaluate(same, "--data", "digits")
        self.assertTrue(numpy.isfinite(found["fid"]))
        self.assertIn("same: all images are equal", found["warnings"])

    def test_pictures_that_are_left_out_are_counted_in_the_result(self):
        damaged = self.pictures("damaged", numpy.random.default_rng(1).integers(0, 256, (20, 32, 32), dtype=numpy.uint8))
        (self.folder / "damaged/x.png").write_text("garbage")
        found = self.evaluate(damaged, "--data", "digits")
        self.assertEqual(found["generated_images"], 20)
        self.assertIn("damaged: left out, named like a picture, but none inside: 1 (x.png)", found["warnings"])

    def test_one_image_or_none_is_refused(self):
        one = self.pictures("one", numpy.zeros((1, 32, 32), dtype=numpy.uint8))
        self.expect_error(3, "a distance needs at least 2", "evaluate", one, "--data", "digits", "--quiet")
        (self.folder / "empty").mkdir()
        self.expect_error(3, "empty", "evaluate", "empty", "--data", "digits", "--quiet")

    def script(self, name, forward):
        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.randn(3 * 8 * 8, 12, generator=torch.Generator().manual_seed(1)))
        Module.forward = forward
        module = torch.jit.script(Module())
        module.save(str(self.folder / name))
        return module

    def test_torchscript_features_are_those_of_the_module(self):
        def forward(self, images: torch.Tensor, return_features: bool = False) -> torch.Tensor:
            assert images.dtype == torch.uint8
            x = torch.nn.functional.adaptive_avg_pool2d(images.float() / 255, 8).flatten(1) @ self.weight
            return x if return_features else x[:, :2]
        module = self.script("net.pt", forward)
        random = numpy.random.default_rng(1)
        a = random.integers(0, 256, (60, 32, 32, 3), dtype=numpy.uint8)
        b = random.integers(0, 200, (70, 32, 32, 3), dtype=numpy.uint8)
        self.pictures("a", a)
        self.pictures("b", b)
        found = self.evaluate("a", "--data", "b", "--features", "net.pt", "--image-size", 32)
        self.assertEqual(found["features"], "net.pt")
        def features(images):
            with torch.no_grad():
                return module(torch.from_numpy(images).permute(0, 3, 1, 2), return_features=True).numpy()
        expected = scipy_fid(features(a), features(b))
        self.assertLess(abs(found["fid"] - expected), 1e-3 * expected)

    def test_unsuited_torchscript_files_are_refused_in_one_line(self):
        def vector(self, images: torch.Tensor) -> torch.Tensor:
            return images.float().sum((1, 2, 3))

        def nan(self, images: torch.Tensor) -> torch.Tensor:
            return torch.full((images.size(0), 4), float("nan"))
        self.script("vector.pt", vector)
        self.expect_error(4, "must map uint8 images [N, 3, H, W] to a matrix", "evaluate", "digits", "--data", "digits", "--features",
                          "vector.pt", "--quiet")
        self.script("nan.pt", nan)
        self.expect_error(3, "are not finite", "evaluate", "digits", "--data", "digits", "--features", "nan.pt", "--quiet")
        (self.folder / "text.pt").write_text("<html>not found</html>")
        self.expect_error(4, "text.pt", "evaluate", "digits", "--data", "digits", "--features", "text.pt", "--quiet")
        content = (self.folder / "vector.pt").read_bytes()
        (self.folder / "cut.pt").write_bytes(content[:len(content) // 2])
        self.expect_error(4, "cut.pt", "evaluate", "digits", "--data", "digits", "--features", "cut.pt", "--quiet")
        self.expect_error(2, "no such file", "evaluate", "digits", "--data", "digits", "--features", "missing.pt", "--quiet")
        self.expect_error(2, "expected digits, stacked-digits, random", "evaluate", "digits", "--data", "digits", "--features",
                          "inception", "--quiet")

    def test_the_cache_changes_no_number_and_a_damaged_one_is_replaced(self):
        run = self.train()
        first = self.evaluate(run, "--samples", 100)
        files = list((self.folder / "cache/dcgan").glob("*.safetensors"))
        self.assertEqual(len(files), 1)
        self.assertEqual(self.evaluate(run, "--samples", 100), first)
        files[0].write_bytes(files[0].read_bytes()[:1000])
        self.assertEqual(self.evaluate(run, "--samples", 100), first)
        self.assertEqual(self.evaluate(run, "--samples", 100, "--no-cache"), first)
        shutil.rmtree(self.folder / "cache")

    def test_neighbours_of_real_images_are_themselves(self):
        found = self.evaluate("digits", "--data", "digits", "--neighbours", "near.png", "--kid-subsets", 1)
        self.assertEqual(found["neighbour_distance"], 0)
        picture = numpy.asarray(Image.open(self.folder / "near.png"))
        self.assertTrue((picture[2:34] == picture[36:68]).all())

    def test_a_picture_of_neighbours_that_is_not_drawn_is_said_and_not_announced(self):
        large, small = self.train("large"), self.train("small", "--image-size", 16)
        result = self.run_program("evaluate", large, "--data", small, "--samples", 8, "--neighbours", "near.png", "--fid-only",
                                  "--quiet")
        self.assertFalse((self.folder / "near.png").exists())
        self.assertNotIn("near.png", result.stdout)
        self.assertIn("no picture of neighbours is drawn", result.stdout)
        self.assertNotIn("SWD", result.stdout)

    def test_held_out_without_a_checkpoint_is_refused_before_the_work(self):
        # Before the data are opened: a missing set is not what is said.
        self.expect_error(2, "only with a checkpoint", "evaluate", "nowhere", "--data", "nowhere", "--held-out", "digits", "--quiet")

    def test_what_a_run_already_says_is_not_asked_for_otherwise(self):
        run = self.train()
        self.expect_error(2, "--image-size 16: the images of run have 32", "evaluate", run, "--image-size", 16)
        self.expect_error(2, "--channels 3: the images of run have 1", "evaluate", run, "--channels", 3)
        self.evaluate(run, "--samples", 20, "--image-size", 32, "--fid-only")
        self.expect_error(2, "--pixel-images 1: expected 0, or 2 and more", "evaluate", run, "--pixel-images", 1)
        self.expect_error(2, "nosuch: no checkpoint and no run folder", "evaluate", "nosuch")

    def test_sizes_that_do_not_halve_evenly(self):
        random = numpy.random.default_rng(1)
        a = self.pictures("a", random.integers(0, 256, (8, 50, 50), dtype=numpy.uint8))
        b = self.pictures("b", random.integers(0, 256, (9, 50, 50), dtype=numpy.uint8))
        self.assertEqual(len(self.evaluate(a, "--data", b, "--image-size", 50, "--pixel-images", 8)["swd"]), 3)

    def test_the_discriminator_is_asked_about_held_out_images(self):
        run = self.train()
        found = self.evaluate(run, "--samples", 50, "--held-out", "digits")
        self.assertAlmostEqual(found["d_loss_real"], found["d_loss_held_out"])

    def test_held_out_images_of_another_size_are_refused(self):
        run = self.train()
        self.run_program("train", *SMALL, "--image-size", 16, "--steps", 1, "--out", "small")
        self.expect_error(2, "--held-out: the discriminator of", "evaluate", run, "--data", "small", "--samples", 50,
                          "--held-out", "digits", "--quiet")

    def test_training_does_not_begin_with_features_that_cannot_be_had(self):
        for code, said, features in [(2, "--eval-features nonsense: expected digits", "nonsense"),
                                     (2, "--eval-features missing.pt: no such file", "missing.pt"),
                                     (2, "--eval-features stacked-digits: digits has", "stacked-digits")]:
            self.expect_error(code, said, "train", *SMALL, "--eval-every", 5, "--eval-features", features, "--out", "run")
            self.assertFalse((self.folder / "run").exists())

    def test_training_logs_the_metric_and_keeps_the_best_checkpoint(self):
        self.run_program("train", *SMALL, "--image-size", 32, "--steps", 12, "--lr", "5e-3", "--out", "run", "--quiet",
                         "--eval-every", 4, "--eval-samples", 200, "--checkpoint-every", 100)
        lines = [json.loads(line) for line in (self.folder / "run/metrics.jsonl").read_text().splitlines()]
        values = {line["step"]: line["fid"] for line in lines if "fid" in line}
        self.assertEqual(set(values), {4, 8, 12})
        best = self.evaluate("run/checkpoints/best.safetensors", "--samples", 200)
        self.assertAlmostEqual(best["fid"], min(values.values()), delta=1e-4 * best["fid"])


    def test_a_resumed_run_measures_and_keeps_what_an_uninterrupted_one_does(self):
        common = ["train", *SMALL, "--image-size", 32, "--lr", "5e-3", "--quiet", "--eval-every", 4, "--eval-samples", 200,
                  "--checkpoint-every", 3]
        self.run_program(*common, "--steps", 12, "--out", "whole")
        self.run_program(*common, "--steps", 6, "--out", "parts")
        self.run_program("train", "--resume", "parts", "--steps", 12, "--quiet")

        def lines(run):
            parsed = [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text().splitlines()]
            return [{k: v for k, v in line.items() if k not in ("seconds", "images_per_second")} for line in parsed]
        self.assertEqual(lines("parts"), lines("whole"))
        parts, whole = (safetensors.torch.load_file(self.folder / run / "checkpoints/best.safetensors") for run in ("parts", "whole"))
        self.assertEqual(set(parts), set(whole))
        for name, value in whole.items():
            self.assertTrue(torch.equal(parts[name], value), name)


if __name__ == "__main__":
    unittest.main()
