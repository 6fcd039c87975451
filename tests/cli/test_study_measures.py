"""What the studies measure, against Python: whitening against numpy, Santurkar's measures against torch."""
import json
import subprocess
import unittest

import numpy
import torch

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


class Landscape(ProgramTest):
    """Santurkar et al. 2018: the same weights, and the definitions written anew."""

    @staticmethod
    def loss(parameters, images, labels, network, activation):
        x = images.view(-1, 1, 8, 8) if network == "cnn" else images
        for layer in ("0", "1"):
            weight, bias = parameters[f"layer{layer}.weight"], parameters.get(f"layer{layer}.bias")
            x = torch.conv2d(x, weight, bias, stride=2, padding=1) if network == "cnn" else torch.nn.functional.linear(x, weight, bias)
            if f"norm{layer}.weight" in parameters:
                x = torch.nn.functional.batch_norm(x, None, None, parameters[f"norm{layer}.weight"], parameters[f"norm{layer}.bias"], training=True)
            x = {"sigmoid": torch.sigmoid, "relu": torch.relu}[activation](x)
        logits = torch.nn.functional.linear(x.flatten(1), parameters["classify.weight"], parameters["classify.bias"])
        return torch.nn.functional.cross_entropy(logits, labels)

    def test_measures_equal_their_definitions_on_the_same_weights(self):
        random = numpy.random.default_rng(3)
        images, labels = random.normal(size=(20, 64)), random.integers(0, 10, size=20)
        steps = [0.05, 0.1, 0.4]
        for network, activation, batch_norm in (("mlp", "sigmoid", True), ("mlp", "relu", False), ("cnn", "relu", True)):
            found = measure("landscape", network=network, activation=activation, batch_norm=batch_norm, features=images,
                            labels=labels, steps=steps)
            names = [p["name"] for p in found["parameters"]]
            start = [torch.tensor(p["values"], dtype=torch.float64).view(p["shape"]) for p in found["parameters"]]

            def at(values):
                values = [v.clone().requires_grad_() for v in values]
                loss = self.loss(dict(zip(names, values)), torch.tensor(images), torch.tensor(labels), network, activation)
                gradient = torch.autograd.grad(loss, values)
                return loss.item(), torch.cat([g.flatten() for g in gradient]), gradient

            here, flat, gradient = at(start)
            losses, changes, ratios = [here], [], []
            for eta in steps:
                there, moved, _ = at([v - eta * g for v, g in zip(start, gradient)])
                losses.append(there)
                changes.append((moved - flat).norm().item())
                ratios.append(changes[-1] / (eta * flat.norm().item()))
            expected = {"gradient_norm": flat.norm().item(), "loss_range": max(losses) - min(losses),
                        "gradient_change": max(changes), "smoothness": max(ratios)}
            for key, value in expected.items():
                self.assertAlmostEqual(found[key], value, delta=1e-8 * abs(value) + 1e-12, msg=f"{network} {key}")


if __name__ == "__main__":
    unittest.main()
