"""The verdicts of the kept studies, worked out again from their results.jsonl with numpy and scipy alone."""
import collections
import json
import math
import unittest

import numpy
import scipy.stats

from program import SOURCE, ProgramTest

STUDIES = SOURCE / "samples/studies"


# The one question that has no answer: none of the opponent's tuning runs trained.
WITHOUT_DATA = "better than spectral norm in both"


def records(study):
    return [json.loads(line) for line in (STUDIES / study / "results.jsonl").read_text().splitlines()]


def score(record):
    return -math.inf if record["failed"] else -math.log(record["last_fid"])


def setting(record):
    return record["settings"]["init"], record["settings"]["lr"]


def best_setting(tuning):
    scores = collections.defaultdict(list)
    for record in tuning:
        scores[setting(record)].append(score(record))
    return max(scores, key=lambda s: numpy.median(scores[s]))


def probability_of_improvement(ours, theirs):
    """Wins over seeds with their exact interval, as text."""
    wins = sum(a > b for a, b in zip(ours, theirs))
    assert not any(a == b for a, b in zip(ours, theirs))
    interval = scipy.stats.binomtest(wins, len(ours)).proportion_ci(0.95, "exact")
    return f"{wins / len(ours):.2f} ({interval.low:.2f} to {interval.high:.2f}) over {len(ours)} seeds", interval


class KeptStudies(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.report = (STUDIES / "report.md").read_text()

    def verdict(self, claim):
        line = next(line for line in self.report.splitlines() if line.startswith(f"| {claim}"))
        _, _, verdict, numbers, _ = line.split("|")
        return verdict.replace("*", "").strip(), numbers

    def test_the_kept_report_is_what_the_program_makes_of_the_kept_results(self):
        self.run_program("report", STUDIES, "--out", "again")
        for name in ("report.md", "results.csv"):
            self.assertEqual((self.folder / "again" / name).read_text(), (STUDIES / name).read_text(),
                             f"{name}: make it again with dcgan report samples/studies --out samples/studies")

    def test_every_other_question_has_an_answer(self):
        without = [line for line in (STUDIES / "report.md").read_text().splitlines() if "**no data**" in line]
        self.assertEqual(len(without), 1, without)
        self.assertIn(WITHOUT_DATA, without[0])

    def test_gan_stability(self):
        results = records("gan-stability")
        arms = {arm: [r for r in results if r["arm"] == arm] for arm in ("both", "none", "g-only", "d-only", "layer")}
        best = {arm: best_setting([r for r in runs if r["stage"] == "tuning"]) for arm, runs in arms.items()}

        def fresh(arm):
            return {r["seed"]: r for r in arms[arm] if r["stage"] == "confirm" and setting(r) == best[arm]}

        for arm, words in (("none", "no norm"), ("g-only", "batch norm in G alone"), ("d-only", "batch norm in D alone"),
                           ("layer", "layer norm in both")):
            both, other = fresh("both"), fresh(arm)
            self.assertEqual(both.keys(), other.keys())
            text, interval = probability_of_improvement([score(both[s]) for s in both], [score(other[s]) for s in both])
            claim = "(ii) " * (arm == "none") + "At its own best batch norm in both networks is better than " + words
            verdict, numbers = self.verdict(claim)
            self.assertIn(text, numbers)
            self.assertIn(f"{math.exp(-numpy.median([score(r) for r in both.values()])):.1f} against", numbers)
            self.assertEqual(verdict.startswith("supported"), interval.low > 0.5)
        row = {arm: [r for r in arms[arm] if r["stage"] == "confirm"] for arm in ("both", "none")}
        for arm, word in (("both", "with"), ("none", "without")):
            failed = sum(r["failed"] for r in row[arm])
            interval = scipy.stats.binomtest(failed, len(row[arm])).proportion_ci(0.95, "exact")
            self.assertIn(f"{failed} of {len(row[arm])} ({100 * interval.low:.0f} to {100 * interval.high:.0f} %",
                          self.verdict("(i)")[1], word)

    def test_stacked_modes(self):
        results = [r for r in records("stacked-modes") if r["stage"] in ("tuning", "main")]
        modes = {}
        for arm in ("both", "none"):
            tuning = collections.defaultdict(list)
            for r in results:
                if r["arm"] == arm and r["stage"] == "tuning":
                    tuning[setting(r)].append(r["modes"][-1])
            best = max(sorted(tuning), key=lambda s: numpy.median(tuning[s]))
            modes[arm] = {r["seed"]: r["modes"][-1] for r in results
                          if r["arm"] == arm and r["stage"] == "main" and setting(r) == best}
        seeds = modes["both"]
        text, _ = probability_of_improvement([modes["both"][s] for s in seeds], [modes["none"][s] for s in seeds])
        verdict, numbers = self.verdict("With batch norm the generator draws more")
        self.assertIn(text, numbers)
        self.assertTrue(verdict.startswith("supported"))


if __name__ == "__main__":
    unittest.main()
