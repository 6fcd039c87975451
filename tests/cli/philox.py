"""The program's latents once more, from the papers: Philox 4x32-10 (Salmon et al. 2011) keyed through
SplitMix64's finaliser and FNV-1a, then Box-Muller."""
import math

import numpy

MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK64
    return h


def philox(key, blocks):
    """32-bit words of the counters 0 .. blocks - 1."""
    words = []
    for block in range(blocks):
        counter = [block & MASK32, block >> 32, 0, 0]
        k0, k1 = key & MASK32, key >> 32
        for _ in range(10):
            p0, p1 = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
            counter = [(p1 >> 32) ^ counter[1] ^ k0, p1 & MASK32, (p0 >> 32) ^ counter[3] ^ k1, p0 & MASK32]
            k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
        words += counter
    return words


def latent(seed, nz):
    words = philox(mix(mix(seed) ^ fnv1a("latent")), nz // 2 + 1)
    uniform = [(((words[2 * i] << 32 | words[2 * i + 1]) >> 11) + 1) * 2.0 ** -53 for i in range(len(words) // 2)]
    values = []
    for u, v in zip(uniform[::2], uniform[1::2]):
        radius = math.sqrt(-2 * math.log(u))
        values += [radius * math.cos(2 * math.pi * v), radius * math.sin(2 * math.pi * v)]
    return numpy.array(values[:nz], numpy.float32)
