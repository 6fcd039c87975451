"""What the studies measure, against Python: whitening against numpy."""
import json
import subprocess
import unittest

import numpy

from program import BUILD, ProgramTest


def measure(task, **values):
    lists = {k: v.tolist() if isinstance(v, numpy.ndarray) else v for k, v in values.items()}
    result = subprocess.run([BUILD / "tests/studies_runner"], input=json.dumps({"task": task, **lists}),
                            capture_output=True, text=True, timeout=120, check=True)
    return json.loads(result.stdout)


class Whitening(ProgramTest):
    def data(self):
        random = numpy.random.default_rng(1)
        mix = random.normal(size=(12, 12))
        return random.normal(size=(300, 12)) @ mix + random.normal(size=12) * 5

    def test_covariance_of_the_whitened_is_the_identity_and_the_inverse_restores(self):
        x = self.data()
        for kind in ("pca", "zca"):
            found = measure("standardize", kind=kind, training=x, features=x)
            covariance = numpy.cov(numpy.array(found["applied"]), rowvar=False)
            self.assertLess(numpy.abs(covariance - numpy.eye(12)).max(), 1e-5)
            self.assertLess(numpy.abs(numpy.array(found["restored"]) - x).max(), 1e-9)

    def test_zca_equals_numpys(self):
        x = self.data()
        training, rest = x[:200], x[200:]
        covariance = numpy.cov(training, rowvar=False)
        values, axes = numpy.linalg.eigh(covariance)
        epsilon = 0.05
        whiten = axes @ numpy.diag((values + epsilon * numpy.diag(covariance).mean()) ** -0.5) @ axes.T
        found = measure("standardize", kind="zca", epsilon=epsilon, training=training, features=rest)
        numpy.testing.assert_allclose(found["applied"], (rest - training.mean(0)) @ whiten, atol=1e-9)

    def test_condition_and_correlation_equal_numpys(self):
        x = self.data()
        found = measure("standardize", kind="none", training=x, features=x)
        for key, matrix in (("condition", numpy.cov(x, rowvar=False)), ("condition_about_zero", x.T @ x / len(x))):
            values = numpy.linalg.eigvalsh(matrix)[::-1]
            last = numpy.searchsorted(numpy.cumsum(values), 0.99 * values.sum())
            self.assertAlmostEqual(found[key], values[0] / values[last], delta=1e-6 * found[key])
        correlation = numpy.abs(numpy.corrcoef(x, rowvar=False))
        self.assertAlmostEqual(found["correlation"], (correlation.sum() - 12) / (12 * 11), places=9)


if __name__ == "__main__":
    unittest.main()
