import random
import time
import unittest

from program import SMALL, ProgramTest
from runs import assert_equal_runs

KILLS = 32


class Kill(ProgramTest):
    def test_a_run_killed_again_and_again_equals_one_that_was_not(self):
        # How far it gets before each kill depends on the machine; what it ends with must not.
        options = [*SMALL, "--log-every", 3, "--sample-every", 10, "--checkpoint-every", 7, "--keep-last", 2, "--ema", 0.9,
                   "--nz", 13, "--quiet"]
        clock = random.Random(1)
        arguments = ["train", *options, "--steps", 1000000, "--out", "parts"]
        checkpoints = self.folder / "parts/checkpoints"
        for kill in range(KILLS):
            process = self.start_program(*arguments)
            before = self.newest(checkpoints)
            # Some are killed at once, as they load; most somewhere behind their first new checkpoint.
            if kill % 8 == 7:
                time.sleep(clock.uniform(0, 0.5))
            else:
                while self.newest(checkpoints) == before:
                    self.assertIsNone(process.poll())
                    time.sleep(0.001)
                time.sleep(clock.expovariate(1 / 0.02))
            process.kill()
            process.communicate()
            arguments = ["train", "--resume", "parts", "--quiet"]
        end = self.newest(checkpoints) + 25
        self.run_program("train", "--resume", "parts", "--steps", end)
        self.run_program("train", *options, "--steps", end, "--out", "whole")
        assert_equal_runs(self, self.folder / "whole", self.folder / "parts", end)
        self.assertEqual([path.name for path in (self.folder / "parts").rglob("*.tmp-*")], [])

    def newest(self, checkpoints):
        return max((int(path.stem) for path in checkpoints.glob("*.safetensors")), default=-1)


if __name__ == "__main__":
    unittest.main()
