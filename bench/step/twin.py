"""The PyTorch DCGAN example's networks and training step, for measuring and for checking against.

Networks, losses, optimisers and the order of the step are those of pytorch/examples/dcgan: the
discriminator learns from real and from generated images in two passes, then the generator. The
example is for 64x64 images; other powers of two have a stage more or fewer.
"""
import torch
from torch import nn


def generator(image_size, channels, nz, ngf, norm=True):
    maps = ngf * image_size // 8
    layers = [nn.ConvTranspose2d(nz, maps, 4, 1, 0, bias=not norm)]
    size = 4
    while size < image_size // 2:
        layers += ([nn.BatchNorm2d(maps)] if norm else [nn.Identity()]) + [nn.ReLU(True)]
        layers += [nn.ConvTranspose2d(maps, maps // 2, 4, 2, 1, bias=not norm)]
        maps //= 2
        size *= 2
    layers += ([nn.BatchNorm2d(maps)] if norm else [nn.Identity()]) + [nn.ReLU(True)]
    layers += [nn.ConvTranspose2d(maps, channels, 4, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*layers)


class Discriminator(nn.Module):
    def __init__(self, image_size, channels, ndf, norm=True):
        super().__init__()
        layers = [nn.Conv2d(channels, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
        maps = ndf
        size = image_size // 2
        while size > 4:
            layers += [nn.Conv2d(maps, maps * 2, 4, 2, 1, bias=not norm)]
            layers += ([nn.BatchNorm2d(maps * 2)] if norm else [nn.Identity()])
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            maps *= 2
            size //= 2
        layers += [nn.Conv2d(maps, 1, 4, 1, 0, bias=False), nn.Sigmoid()]
        self.main = nn.Sequential(*layers)

    def forward(self, images):
        return self.main(images).view(-1, 1).squeeze(1)


def initialize(module):
    """The example's weights_init."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


class Twin:
    """Both networks, their optimisers and the example's step."""

    def __init__(self, image_size, channels, nz, ngf, ndf, norm=True, lr=2e-4, beta1=0.5):
        self.nz = nz
        self.generator = generator(image_size, channels, nz, ngf, norm)
        self.discriminator = Discriminator(image_size, channels, ndf, norm)
        self.generator.apply(initialize)
        self.discriminator.apply(initialize)
        self.g = self.generator
        self.d = self.discriminator
        self.optimizer_g = torch.optim.Adam(self.generator.parameters(), lr=lr, betas=(beta1, 0.999))
        self.optimizer_d = torch.optim.Adam(self.discriminator.parameters(), lr=lr, betas=(beta1, 0.999))
        self.criterion = nn.BCELoss()

    def compile(self, mode=None):
        # Training mode, gradients on and off and both batch layouts leave the compiled code guarded
        # several times over; with the default limit it would fall back to eager.
        torch._dynamo.config.cache_size_limit = 64
        self.g = torch.compile(self.generator, mode=mode)
        self.d = torch.compile(self.discriminator, mode=mode)

    def step(self, real, noise):
        """The example's step; returns its five printed numbers."""
        label = torch.full((real.size(0),), 1.0, dtype=real.dtype, device=real.device)
        self.discriminator.zero_grad()
        output = self.d(real)
        loss_real = self.criterion(output, label)
        loss_real.backward()
        d_x = output.mean().item()
        fake = self.g(noise)
        label.fill_(0.0)
        output = self.d(fake.detach())
        loss_fake = self.criterion(output, label)
        loss_fake.backward()
        d_g_z1 = output.mean().item()
        loss_d = loss_real + loss_fake
        self.optimizer_d.step()

        self.generator.zero_grad()
        label.fill_(1.0)
        output = self.d(fake)
        loss_g = self.criterion(output, label)
        loss_g.backward()
        d_g_z2 = output.mean().item()
        self.optimizer_g.step()
        return loss_d.item(), loss_g.item(), d_x, d_g_z1, d_g_z2
