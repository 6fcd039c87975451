"""dcgan study: cells, interruption, shards, crashes; and the report of a study in a real browser."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from program import BINARY, ProgramTest, children_of, wait_until


class Study(ProgramTest):
    """On own-kernels, whose cells take seconds."""
    STUDY = ["study", "own-kernels", "--out", "s", "--seeds", 1, "--jobs", 2, "--quiet"]

    def results(self, folder="s/own-kernels"):
        return [json.loads(line) for line in (self.folder / folder / "results.jsonl").read_text().splitlines()]

    @staticmethod
    def measured(records):
        """Without what differs from run to run."""
        drop = ("seconds", "processor", "build")
        return {r["key"]: {k: v for k, v in r.items() if k not in drop} for r in records}

    def test_a_killed_study_goes_on_without_repeating_a_cell_and_ends_with_the_same_numbers(self):
        self.run_program(*self.STUDY)
        whole = self.measured(self.results())
        self.assertEqual(len(whole), 2)
        for record in whole.values():
            self.assertFalse(record["failed"])
            self.assertEqual(record["steps"], [100, 200, 300])
        again = [x if x != "s" else "t" for x in self.STUDY]
        running = subprocess.Popen([BINARY, *map(str, again)], cwd=self.folder, start_new_session=True,
                                   stdout=subprocess.DEVNULL)
        file = self.folder / "t/own-kernels/results.jsonl"
        wait_until(file.exists, running)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        first = self.results("t/own-kernels")
        self.assertLess(len(first), 2)
        with file.open("a") as torn:
            torn.write('{"key": "own-kernels/main/own/')
        result = self.run_program(*again)
        self.assertIn("a torn last line is passed over", result.stderr)
        found = self.results("t/own-kernels")
        self.assertEqual(len(found), 2)
        self.assertEqual(found[:len(first)], first)
        self.assertEqual(self.measured(found), whole)
        # Once more: nothing left to do.
        self.run_program(*again)
        self.assertEqual(self.results("t/own-kernels"), found)
        self.report_of("t")

    def report_of(self, folder):
        """Shards merge, and the report says what the results say."""
        self.run_program("report", folder)
        text = (self.folder / folder / "report.md").read_text()
        self.assertIn("ratio of FIDs", text)
        self.assertIn("\n- FID: ", text.split("## Words")[1])
        rows = (self.folder / folder / "results.csv").read_text().splitlines()
        self.assertEqual(len(rows), 3)

    def test_shards_divide_the_cells_and_merge(self):
        for i in (1, 2):
            self.run_program("study", "own-kernels", "--out", f"shard{i}", "--seeds", 1, "--shard", f"{i}/2", "--quiet")
            self.assertEqual(len(self.results(f"shard{i}/own-kernels")), 1)
        self.run_program("report", "shard1", "shard2", "--out", "merged")
        self.assertIn("over 1 seeds", (self.folder / "merged/report.md").read_text())

    def test_a_crash_costs_one_cell(self):
        running = subprocess.Popen([BINARY, *map(str, self.STUDY)], cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_until(lambda: len(children_of(running.pid)) >= 2, running)
        os.kill(children_of(running.pid)[0], signal.SIGSEGV)
        self.assertEqual(running.wait(timeout=120), 2)
        # Not counted against the arm, and tried again by the same command.
        self.assertEqual(len(self.results()), 1)
        self.run_program(*self.STUDY)
        records = self.results()
        self.assertEqual(len(records), 2)
        self.assertFalse(any(r["failed"] for r in records))

    def test_a_last_line_without_its_end_is_run_again_and_not_lost(self):
        study = ["study", "own-kernels", "--out", "s", "--seeds", 1, "--quiet"]
        self.run_program(*study)
        file = self.folder / "s/own-kernels/results.jsonl"
        whole = file.read_text()
        file.write_text(whole[:-1])
        self.run_program(*study)
        self.assertEqual(self.measured(self.results()).keys(), {json.loads(line)["key"] for line in whole.splitlines()})

    def test_a_study_of_another_kind_runs_to_its_verdicts(self):
        self.run_program("study", "identity", "--seeds", 1, "--out", "s", "--quiet")
        records = self.results("s/identity")
        self.assertEqual(sorted(r["arm"] for r in records), ["affine", "dcgan", "fixed"])
        self.run_program("report", "s")
        text = (self.folder / "s/report.md").read_text()
        self.assertIn("restore the raw activation, layer by layer in the DCGAN | **supported**", text)

    def test_plans_and_names(self):
        plan = self.run_program("study", "gan-stability", "--dry-run", "--jobs", 2).stdout
        self.assertIn("37 cells", plan)
        self.assertIn("594 cells", self.run_program("study", "gan-stability", "--budget", "standard", "--dry-run").stdout)
        self.assertFalse((self.folder / "studies").exists())
        listed = self.run_program("study", "list").stdout
        for part in ("gan-stability", "refuted by", "decided by", "stacked-modes", "batch-mixing"):
            self.assertIn(part, listed)
        self.expect_error(2, "did you mean gan-stability?", "study", "gan-stabilty")
        self.expect_error(2, "--budget fast", "study", "gan-stability", "--budget", "fast")
        self.expect_error(2, "--shard 3/2", "study", "gan-stability", "--shard", "3/2")
        (self.folder / "s/own-kernels").mkdir(parents=True)
        (self.folder / "s/own-kernels/results.jsonl").write_text("garbage\n{}\n")
        self.expect_error(3, "results.jsonl:1: is no result of a study", *self.STUDY)

    def test_two_programs_never_work_on_the_same_cells(self):
        running = subprocess.Popen([BINARY, *map(str, self.STUDY)], cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_until((self.folder / "s/own-kernels/results.jsonl").exists, running)
        for shard in ([], ["--shard", "1/2"], ["--shard", "3/3"]):
            self.expect_error(2, "another dcgan works on these cells in s/own-kernels", *self.STUDY, *shard)
        self.assertEqual(running.wait(timeout=120), 0)
        self.assertEqual(len(self.results()), 2)

    def test_plans_leave_out_what_is_done_and_other_shards(self):
        whole = ["study", "identity", "--seeds", 1, "--out", "s", "--dry-run"]
        self.assertIn("3 cells to run (0 are done)", self.run_program(*whole).stdout)
        self.assertEqual(len(self.run_program(*whole, "--shard", "1/3").stdout.splitlines()), 2)
        self.run_program(*whole[:-1], "--quiet")
        self.assertIn("0 cells to run (3 are done)", self.run_program(*whole).stdout)
        # What another plan asked for is no part of this one's progress.
        file = self.folder / "s/identity/results.jsonl"
        lines = file.read_text().splitlines()
        lines[0] = lines[0].replace("/1000\"", "/1007\"").replace('"seed":1000', '"seed":1007')
        file.write_text("\n".join(lines) + "\n")
        self.assertRegex(self.run_program(*whole[:-1]).stderr, r"^cell 3/3 [^\n]*\n$")
        self.expect_error(2, "--seeds 99999999999999: expected 0 to 10000", *whole, "--seeds", 99999999999999)
        # Folders without results beside one that has them are a mistake, not nothing.
        (self.folder / "empty").mkdir()
        self.expect_error(2, "empty: no results of studies in it", "report", "s", "empty")
        self.expect_error(2, "empty: neither a run nor results of studies in it", "report", "empty")
        # Fields of other types than the program writes.
        file = self.folder / "s/identity/results.jsonl"
        text = file.read_text()
        file.write_text(text.replace('"seed":', '"seed":"x","old":', 1))
        self.expect_error(3, "results.jsonl:1: is no result of a study", "report", "s")
        file.write_text(text.replace('"layers":', '"layers":7,"old":'))
        self.expect_error(3, "results of identity: a field is missing or of another type", "report", "s")

    def test_results_of_another_version_are_left_out(self):
        self.run_program("study", "own-kernels", "--out", "s", "--seeds", 1, "--quiet")
        file = self.folder / "s/own-kernels/results.jsonl"
        file.write_text(file.read_text().replace('"version":1', '"version":0'))
        result = self.run_program("report", "s", code=3)
        self.assertIn("2 results of another version of 'own-kernels' are left out", result.stderr)


if __name__ == "__main__":
    unittest.main()
