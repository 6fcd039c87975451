"""Images a second that training could be fed: this program's loader against torchvision's, on the same folder.

Both read the same JPEGs with as many workers, decode, resize and crop them to the same size, and hand out shuffled
batches of 64; nothing is trained. The program decodes again for every epoch here (--memory 0), as torchvision does, and
once more as it does by default, where the pictures are kept decoded. One after the other in each round, medians.

  ./run bench loader --data FOLDER [--image-size 32] [--workers 2] [--rounds 5]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def torchvision_rate(folder, size, workers, epochs):
    import torch
    import torchvision.transforms as t
    from torchvision.datasets import ImageFolder
    torch.set_num_threads(1)
    # The PyTorch DCGAN example's own transforms.
    data = ImageFolder(folder, t.Compose([t.Resize(size), t.CenterCrop(size), t.ToTensor(),
                                          t.Normalize((0.5,) * 3, (0.5,) * 3)]))
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True, num_workers=workers)
    next(iter(loader))
    start = time.perf_counter()
    images = sum(batch.shape[0] for _ in range(epochs) for batch, _ in loader)
    return images / (time.perf_counter() - start)


def program_rate(binary, folder, size, workers, epochs, memory):
    command = [binary, folder, str(size), str(workers), str(epochs), memory]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["images_per_second"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="a folder with a sub-folder of pictures for each class")
    parser.add_argument("--image-size", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--binary", default=str(ROOT / "build/release/bench_loader"))
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    rates = {"dcgan, decoding": [], "dcgan, in memory": [], "torchvision": []}
    for _ in range(options.rounds):
        rates["dcgan, decoding"].append(program_rate(options.binary, options.data, options.image_size, options.workers, 2, "0"))
        rates["dcgan, in memory"].append(program_rate(options.binary, options.data, options.image_size, options.workers, 20, "auto"))
        rates["torchvision"].append(torchvision_rate(options.data, options.image_size, options.workers, 1))
    reference = statistics.median(rates["torchvision"])
    print(f"images a second, {options.workers} workers, {options.image_size}x{options.image_size}, medians of "
          f"{options.rounds} rounds")
    for name, values in rates.items():
        median = statistics.median(values)
        print(f"{name:<18}{median:12,.0f}   {median / reference:6.1f} times torchvision   "
              f"({min(values):,.0f} to {max(values):,.0f})")
    if options.json:
        options.json.write_text(json.dumps(rates, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
