"""The studies' statistics against scipy, rliable and plain numpy."""
import json
import subprocess
import unittest

import numpy
import scipy.stats
from rliable import library, metrics

from program import BUILD, ProgramTest


class Statistics(ProgramTest):
    def ours(self, **values):
        lists = {k: v.tolist() if isinstance(v, numpy.ndarray) else v for k, v in values.items()}
        result = subprocess.run([BUILD / "tests/statistics_runner"], input=json.dumps(lists), capture_output=True, text=True,
                                timeout=60, check=True)
        return json.loads(result.stdout)

    def scores(self, seed, count, shift=0.0):
        return numpy.random.default_rng(seed).normal(size=count) + shift

    def test_interquartile_mean_and_its_interval_equal_rliables(self):
        a, b = self.scores(1, 25), self.scores(2, 25, 1)
        found = self.ours(a=a, b=b)
        self.assertAlmostEqual(found["iqm"][0], scipy.stats.trim_mean(a, 0.25), places=12)
        # rliable: runs x tasks, stratified bootstrap, percentile interval.
        both = numpy.stack([a, b], axis=1)
        point, interval = library.get_interval_estimates({"x": both}, lambda x: numpy.array([metrics.aggregate_iqm(x)]),
                                                         reps=4000, random_state=numpy.random.RandomState(3))
        self.assertAlmostEqual(found["stratified"][0], point["x"][0], places=12)
        for ours, theirs in zip(found["stratified"][1:], interval["x"][:, 0]):
            self.assertLess(abs(ours - theirs), 0.05)  # two bootstraps with other draws

    def test_performance_profile_equals_rliables(self):
        a = self.scores(1, 30)
        thresholds = numpy.linspace(-2, 2, 9)
        found = self.ours(a=a, b=a, thresholds=thresholds)["profile"]
        profile, _ = library.create_performance_profile({"x": a[:, None]}, thresholds, reps=10)
        numpy.testing.assert_allclose(found, profile["x"], atol=1e-12)

    def test_exact_rate_intervals_equal_scipys(self):
        for k, n in ((0, 3), (3, 3), (1, 20), (7, 20), (50, 100), (0, 200)):
            found = self.ours(k=k, n=n)["rate"]
            expected = scipy.stats.binomtest(k, n).proportion_ci(0.95, "exact")
            self.assertAlmostEqual(found[1], expected.low, places=9)
            self.assertAlmostEqual(found[2], expected.high, places=9)

    def test_difference_of_rates_is_newcombes_square_and_add(self):
        found = self.ours(k=18, n=20, k2=11, n2=20)["difference"]
        a, b = (scipy.stats.binomtest(k, 20).proportion_ci(0.95, "exact") for k in (18, 11))
        self.assertAlmostEqual(found[0], 0.35, places=12)
        self.assertAlmostEqual(found[1], 0.35 - numpy.hypot(0.9 - a.low, b.high - 0.55), places=9)
        self.assertAlmostEqual(found[2], 0.35 + numpy.hypot(a.high - 0.9, 0.55 - b.low), places=9)

    def test_tests_equal_scipys(self):
        a, b = self.scores(1, 18, 0.7).round(1), self.scores(2, 18).round(1)
        found = self.ours(a=a, b=b)
        different = a != b
        wins = int((a > b)[different].sum())
        self.assertAlmostEqual(found["sign_p"], scipy.stats.binomtest(wins, int(different.sum())).pvalue, places=9)
        interval = scipy.stats.binomtest(int((a > b).sum()), 18).proportion_ci(0.95, "exact")
        if not (~different).any():
            self.assertAlmostEqual(found["paired"][1], interval.low, places=9)

    def test_holm_equals_the_definition(self):
        found = self.ours(p=[0.01, 0.04, 0.03, 0.005])["holm"]
        numpy.testing.assert_allclose(found, [0.03, 0.06, 0.06, 0.02], atol=1e-12)

    def test_expected_best_equals_simulation(self):
        a = self.scores(1, 12)
        found = self.ours(a=a)
        draws = numpy.random.default_rng(5)
        for k in (1, 2, 5):
            simulated = draws.choice(a, size=(200_000, k)).max(1).mean()
            self.assertLess(abs(found[f"best_of_{k}"] - simulated), 0.01)

    def test_median_of_censored_times_equals_scipys(self):
        random = numpy.random.default_rng(2)
        times, limits = random.exponential(10, 40), random.exponential(25, 40)
        observed = times <= limits
        shown = numpy.minimum(times, limits)
        found = self.ours(times=shown, observed=observed.tolist())["km_median"]
        survival = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=shown[observed], right=shown[~observed])).sf
        expected = survival.quantiles[numpy.argmax(survival.probabilities <= 0.5 + 1e-12)]
        self.assertAlmostEqual(found, expected, places=9)


if __name__ == "__main__":
    unittest.main()
