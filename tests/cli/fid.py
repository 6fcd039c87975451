"""FID by numpy and scipy, the outside witness of the program's."""
import numpy
import scipy.linalg


def moments(x):
    x = x.astype(numpy.float64)
    return x.mean(0), numpy.cov(x, rowvar=False)


def scipy_fid(a, b):
    (m1, c1), (m2, c2) = moments(a), moments(b)
    root = scipy.linalg.sqrtm(c1 @ c2).real
    return float(((m1 - m2) ** 2).sum() + numpy.trace(c1 + c2 - 2 * root))
