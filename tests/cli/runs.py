"""Comparing two runs in everything they write but the times."""
import safetensors.numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from program import read_metrics

TIMINGS = {"seconds", "images_per_second"}


def read_events(run):
    """TensorBoard's own view of a run: {tag: [(step, value)]} of its scalars and of its images."""
    events = EventAccumulator(str(run), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    scalars = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    images = {tag: [(e.step, e.encoded_image_string) for e in events.Images(tag)] for tag in events.Tags()["images"]}
    return scalars, images


def without_times(lines):
    return [{k: v for k, v in line.items() if k not in TIMINGS} for line in lines]


def assert_equal_runs(test, a, b, step):
    """Every tensor of the checkpoints of `step`, every log line, every grid, TensorBoard's events."""
    name = f"checkpoints/{step:06}.safetensors"
    left, right = safetensors.numpy.load_file(a / name), safetensors.numpy.load_file(b / name)
    test.assertEqual(left.keys(), right.keys())
    for key in left:
        test.assertEqual(left[key].tobytes(), right[key].tobytes(), key)
    test.assertEqual(without_times(read_metrics(a)), without_times(read_metrics(b)))
    for grid in (a / "samples").iterdir():
        test.assertEqual(grid.read_bytes(), (b / "samples" / grid.name).read_bytes(), grid.name)
    for ours, theirs in zip(read_events(a), read_events(b)):
        test.assertEqual({k: v for k, v in ours.items() if k not in TIMINGS},
                         {k: v for k, v in theirs.items() if k not in TIMINGS})
