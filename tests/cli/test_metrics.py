"""The metrics against torch-fidelity, scipy and numpy, on the same feature arrays."""
import json
import subprocess
import unittest

import numpy
import safetensors.numpy
import torch
from torch_fidelity.metric_fid import fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from fid import moments, scipy_fid
from program import BUILD, ProgramTest


def features(seed, count, dimension, shift=0.0, scale=1.0):
    """Correlated features with a mean far from zero, as networks give."""
    random = numpy.random.default_rng(seed)
    mix = numpy.random.default_rng(99).normal(size=(dimension, dimension)) / numpy.sqrt(dimension)
    return ((random.normal(size=(count, dimension)) * scale) @ mix + 3 + shift).astype(numpy.float32)


def distances(a, b):
    return numpy.sqrt(((a[:, None, :].astype(float) - b[None, :, :].astype(float)) ** 2).sum(-1))


def numpy_density_coverage(real, fake, k=5):
    radii = numpy.sort(distances(real, real), axis=1)[:, k]
    inside = distances(real, fake) <= radii[:, None]
    return inside.sum() / (k * len(fake)), inside.any(1).mean()


def numpy_ssim_scale(a, b):
    size = min(11, a.shape[1])
    x = numpy.arange(size) - (size - 1) / 2
    g = numpy.exp(-x ** 2 / (2 * (1.5 * size / 11) ** 2))
    g /= g.sum()

    def smooth(image):
        windows = numpy.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(1, 2))
        return numpy.einsum("nhwcij,i,j->nhwc", windows, g, g)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = smooth(a), smooth(b)
    structure = (2 * (smooth(a * b) - ma * mb) + c2) / (smooth(a * a) - ma ** 2 + smooth(b * b) - mb ** 2 + c2)
    whole = structure * (2 * ma * mb + c1) / (ma ** 2 + mb ** 2 + c1)
    return whole.mean((1, 2, 3)), structure.mean((1, 2, 3))


def numpy_ms_ssim(a, b):
    a, b = a.astype(float), b.astype(float)
    product = numpy.ones(len(a))
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    for i, weight in enumerate(weights):
        whole, structure = numpy_ssim_scale(a, b)
        product *= numpy.maximum(whole if i == 4 else structure, 0) ** weight
        n, h, w, c = a.shape
        a, b = (x[:, :h // 2 * 2, :w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4)) for x in (a, b))
    return product.mean()


class Metrics(ProgramTest):
    def ours(self, **arrays):
        safetensors.numpy.save_file({k: numpy.ascontiguousarray(v) for k, v in arrays.items()}, self.folder / "in.safetensors")
        result = subprocess.run([BUILD / "tests/metrics_runner", "in.safetensors"], cwd=self.folder, capture_output=True,
                                text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def assertClose(self, a, b, relative=1e-3):
        self.assertLess(abs(a - b), relative * abs(b) + 1e-9, f"{a} against {b}")

    def test_fid_equals_torch_fidelity_and_scipy(self):
        for count, dimension in ((2000, 64), (700, 256)):
            a, b = features(1, count, dimension, 0.2, 1.3), features(2, count + 100, dimension)
            found = self.ours(a=a, b=b)
            statistics = [dict(zip(("mu", "sigma"), moments(x))) for x in (a, b)]
            theirs = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
            self.assertClose(found["fid"], float(theirs))
            self.assertClose(found["fid"], scipy_fid(a, b))

    def test_fid_of_too_few_samples_is_finite_and_right(self):
        a, b = features(1, 40, 128, 0.5), features(2, 60, 128)
        found = self.ours(a=a, b=b)["fid"]
        # The nuclear norm of the product of the centred samples is the trace that FID needs: no
        # matrix square root, so an independent truth for singular covariances.
        ca, cb = (x.astype(float) - x.astype(float).mean(0) for x in (a, b))
        mixed = numpy.linalg.norm(ca @ cb.T, "nuc") / numpy.sqrt((len(a) - 1) * (len(b) - 1))
        expected = (((moments(a)[0] - moments(b)[0]) ** 2).sum() + numpy.trace(moments(a)[1]) + numpy.trace(moments(b)[1])
                    - 2 * mixed)
        self.assertClose(found, expected, 1e-6)

    def test_a_collapsed_generator_is_as_far_as_mean_and_covariance_say(self):
        b = features(2, 500, 64)
        a = numpy.repeat(features(1, 1, 64), 500, axis=0)
        found = self.ours(a=a, b=b)["fid"]
        mean, covariance = moments(b)
        self.assertLess(abs(found - (((a[0] - mean) ** 2).sum() + numpy.trace(covariance))), 1e-3)

    def test_a_set_against_itself_is_at_distance_zero(self):
        for count in (500, 50):
            b = features(2, count, 64)
            found = self.ours(a=b, b=b)
            self.assertGreaterEqual(found["fid"], 0)
            self.assertLess(found["fid"], 1e-3)
            self.assertEqual(numpy.signbit(found["fid"]), False)

    def test_kid_equals_torch_fidelity(self):
        a, b = features(1, 600, 64, 0.1), features(2, 600, 64)
        found = self.ours(a=a, b=b)
        theirs = kid_features_to_metric(torch.from_numpy(a).double(), torch.from_numpy(b).double(), verbose=False, kid_subsets=1,
                                        kid_subset_size=600, kid_kernel_poly_degree=3, kid_kernel_poly_coef0=1)
        self.assertClose(found["mmd"], theirs["kernel_inception_distance_mean"])
        # Subsets: unbiased for the same quantity, so the whole estimate lies within a few errors.
        mean, deviation = found["kid"]
        self.assertLess(abs(mean - found["mmd"]), 4 * deviation / numpy.sqrt(20) + 1e-12)

    def test_kid_of_few_samples_may_be_negative(self):
        values = [self.ours(a=features(10 + i, 6, 8), b=features(20 + i, 6, 8))["mmd"] for i in range(8)]
        self.assertLess(min(values), 0)

    def test_precision_and_recall_equal_torch_fidelity(self):
        a, b = features(1, 400, 16, 0.3, 0.8), features(2, 400, 16)
        found = self.ours(a=a, b=b)
        theirs = prc_features_to_metric(torch.from_numpy(a), torch.from_numpy(b), verbose=False, prc_neighborhood=3,
                                        prc_batch_size=100)
        self.assertClose(found["precision"], float(theirs["precision"]))
        self.assertClose(found["recall"], float(theirs["recall"]))

    def test_density_and_coverage_equal_numpy(self):
        a, b = features(1, 300, 16, 0.3, 0.8), features(2, 350, 16)
        found = self.ours(a=a, b=b)
        density, coverage = numpy_density_coverage(b, a)
        self.assertClose(found["density"], density, 1e-9)
        self.assertClose(found["coverage"], coverage, 1e-9)

    def test_modes_entropy_and_reverse_kl_equal_numpy(self):
        random = numpy.random.default_rng(4)
        classes = random.integers(0, 7, 500)
        counts = numpy.array([10, 20, 30, 0, 50, 60, 70, 80, 90, 100], dtype=numpy.float64)
        found = self.ours(a=features(1, 50, 4), b=features(2, 50, 4), a_classes=classes, real_counts=counts)
        p = numpy.bincount(classes, minlength=10) / 500
        q = numpy.maximum(counts, 0.5) / counts.sum()
        seen = p > 0
        self.assertEqual(found["covered"], seen.sum())
        self.assertClose(found["entropy"], -(p[seen] * numpy.log(p[seen])).sum(), 1e-9)
        self.assertClose(found["reverse_kl"], (p[seen] * numpy.log(p[seen] / q[seen])).sum(), 1e-9)

    def test_sliced_wasserstein_equals_numpy(self):
        a, b = features(1, 300, 20, 0.3, 0.8), features(2, 300, 20)
        directions = numpy.random.default_rng(3).normal(size=(20, 50)).astype(numpy.float32)
        directions /= numpy.linalg.norm(directions, axis=0)
        found = self.ours(a=a, b=b, directions=directions)
        x, y = numpy.sort(a.astype(float) @ directions, 0), numpy.sort(b.astype(float) @ directions, 0)
        self.assertClose(found["sliced"], numpy.abs(x - y).mean(), 1e-5)

    def test_laplacian_pyramid_equals_numpy(self):
        images = numpy.random.default_rng(5).integers(0, 256, (4, 64, 64, 3), dtype=numpy.uint8)
        found = self.ours(a=features(1, 50, 4), b=features(2, 50, 4), a_images=images, b_images=images)
        row = numpy.array([1, 4, 6, 4, 1]) / 16

        def smooth(x, gain=1.0):
            padded = numpy.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
            windows = numpy.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(1, 2))
            return gain * numpy.einsum("nhwcij,i,j->nhwc", windows, row, row)
        levels, current = [], images.astype(float)
        while current.shape[1] > 16:
            smaller = smooth(current)[:, ::2, ::2]
            spread = numpy.zeros_like(current)
            spread[:, ::2, ::2] = smaller
            levels.append(current - smooth(spread, 4))
            current = smaller
        levels.append(current)
        for ours, theirs in zip(found["pyramid"], levels, strict=True):
            self.assertClose(ours, numpy.abs(theirs).mean(), 1e-4)
        self.assertEqual(len(found["swd"]), 3)
        self.assertLess(max(found["swd"]), 200)  # the same images, other patches

    def test_sliced_wasserstein_of_sizes_that_do_not_halve_evenly(self):
        a, b = (numpy.random.default_rng(i).integers(0, 256, (4, 50, 50, 1), dtype=numpy.uint8) for i in (1, 2))
        found = self.ours(a=features(1, 50, 4), b=features(2, 50, 4), a_images=a, b_images=b)
        self.assertEqual(len(found["swd"]), 3)  # 50, 25 and 13 pixels
        self.assertTrue(numpy.isfinite(found["swd"]).all())

    def test_ms_ssim_equals_numpy_and_is_one_for_equal_images(self):
        random = numpy.random.default_rng(6)
        for size in (32, 64):
            a = random.integers(0, 256, (5, size, size, 1), dtype=numpy.uint8)
            b = numpy.clip(a.astype(int) + random.integers(-60, 60, a.shape), 0, 255).astype(numpy.uint8)
            arrays = {"a": features(1, 50, 4), "b": features(2, 50, 4)}
            self.assertClose(self.ours(**arrays, a_images=a, b_images=b)["ms_ssim"], numpy_ms_ssim(a, b), 1e-6)
            self.assertClose(self.ours(**arrays, a_images=a, b_images=a)["ms_ssim"], 1.0, 1e-9)


if __name__ == "__main__":
    unittest.main()
