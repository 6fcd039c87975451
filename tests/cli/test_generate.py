import unittest

import safetensors.numpy

from program import SMALL, ProgramTest


class Generate(ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_program("train", *SMALL, "--steps", 20, "--out", "run")

    def picture(self, *arguments):
        self.run_program("generate", "run", *arguments, "--out", "x.png")
        return (self.folder / "x.png").read_bytes()

    def test_of_a_damaged_checkpoint_the_one_before_it_is_named(self):
        self.run_program("train", "--resume", "run", "--steps", 30, "--quiet")
        path = self.folder / "run/checkpoints/000030.safetensors"
        path.write_bytes(path.read_bytes()[:-100])
        for verb in (["generate"], ["info"], ["evaluate", "--samples", 20]):
            self.expect_error(4, "the one before it: run/checkpoints/000020.safetensors", *verb, "run")
        for older in ("000020", "000000"):
            (self.folder / f"run/checkpoints/{older}.safetensors").unlink()
        self.assertNotIn("before it", self.run_program("info", "run", code=4).stderr)

    def test_options_that_contradict_each_other(self):
        self.expect_error(2, "--seed excludes --seeds", "generate", "run", "--seeds", "5", "--seed", 3)
        self.expect_error(2, "--rows excludes --seeds", "generate", "run", "--seeds", "0-10", "--rows", 2)

    def test_a_seed_names_one_picture(self):
        one = self.picture("--seeds", "5")
        self.assertEqual(one, self.picture("--seed", 5, "--rows", 1, "--cols", 1))
        self.assertNotEqual(one, self.picture("--seeds", "6"))
        self.assertEqual(self.picture("--seeds", "0-3"), self.picture("--seeds", "0,1,2,3"))
        self.assertEqual(self.picture("--seeds", "0-63"), self.picture())
        for size in [1, 7]:
            self.assertEqual(one, self.picture("--seeds", "5", "--batch-size", size))
        self.assertEqual(self.picture("--seeds", "0"), self.picture("--seeds", "0"))

    def test_threads_are_bounded(self):
        self.expect_error(2, "--threads 5000000000: expected 0 to 4096", "generate", "run", "--threads", 5000000000)

    def test_jpeg_and_newest_run(self):
        self.run_program("train", *SMALL, "--steps", 3)
        self.run_program("generate", "--out", "x.jpg")
        self.assertTrue((self.folder / "x.jpg").read_bytes().startswith(b"\xff\xd8\xff"))

    def test_statistics_decide_whether_an_image_depends_on_its_batch(self):
        for statistics in ["running", "standing"]:
            alone = self.picture("--statistics", statistics, "--seeds", "5")
            self.assertEqual(alone, self.picture("--statistics", statistics, "--seed", 5, "--rows", 1,
                                                 "--cols", 1, "--threads", 1))
            self.assertNotEqual(alone, self.picture("--statistics", "batch", "--seeds", "5"))
        self.assertNotEqual(self.picture(), self.picture("--statistics", "standing"))
        two = self.picture("--statistics", "batch", "--seeds", "1,2,3,4", "--batch-size", 2)
        self.assertNotEqual(two, self.picture("--statistics", "batch", "--seeds", "1,2,3,4", "--batch-size", 4))
        self.expect_error(2, "running, batch or standing", "generate", "run", "--statistics", "mean")

    def test_info_lists_every_tensor(self):
        text = self.run_program("info", "run").stdout
        for name in safetensors.numpy.load_file(self.folder / "run/checkpoints/000020.safetensors"):
            self.assertIn(name, text)
        self.assertIn("step: 20", text)


if __name__ == "__main__":
    unittest.main()
