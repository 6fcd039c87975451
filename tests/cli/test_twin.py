"""A checkpoint of ours, loaded into the networks of the PyTorch DCGAN example."""
import unittest

import numpy
import safetensors.torch
import torch
from torch import nn

from philox import latent
from program import ProgramTest
from png import read_png


def example_generator(nz, ngf, nc):
    return nn.Sequential(
        nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 8), nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 4), nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 2), nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(True),
        nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh())


def example_discriminator(ndf, nc):
    return nn.Sequential(
        nn.Conv2d(nc, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(ndf * 2), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 2, ndf * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(ndf * 4), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 4, ndf * 8, 4, 2, 1, bias=False), nn.BatchNorm2d(ndf * 8), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False))


def part(tensors, prefix):
    return {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}


class Twin(ProgramTest):
    def test_names_shapes_and_outputs_at_size_64_equal_the_pytorch_example(self):
        self.run_program("train", "--image-size", 64, "--channels", 3, "--ngf", 16, "--ndf", 16,
                         "--nz", 100, "--batch-size", 16, "--steps", 3, "--out", "run")
        tensors = safetensors.torch.load_file(self.folder / "run/checkpoints/000003.safetensors")
        generator, discriminator = example_generator(100, 16, 3), example_discriminator(16, 3)
        # strict: every name and shape of the example is there, and no other.
        generator.load_state_dict(part(tensors, "generator.main."), strict=True)
        discriminator.load_state_dict(part(tensors, "discriminator.main."), strict=True)

        # One image of each seed as the example computes it, against the picture that we draw.
        self.run_program("generate", "run", "--seeds", "0-2", "--cols", 3, "--out", "x.png")
        latents = torch.from_numpy(numpy.stack([latent(seed, 100) for seed in range(3)]))
        generator.eval()
        with torch.no_grad():
            images = generator(latents[:, :, None, None])
        expected = ((images + 1) * 127.5).round().clamp(0, 255).to(torch.int64).permute(0, 2, 3, 1)
        found = read_png(self.folder / "x.png")
        for i in range(3):
            cell = found[2:66, 2 + 66 * i:66 + 66 * i].astype(numpy.int64)
            difference = numpy.abs(cell - expected[i].numpy())
            # Rounding to 8 bits may fall on either side where the value is near the middle.
            self.assertLessEqual(difference.max(), 1)
            self.assertLess((difference > 0).mean(), 0.01)


if __name__ == "__main__":
    unittest.main()
