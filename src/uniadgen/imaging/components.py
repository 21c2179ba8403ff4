"""The connected parts of a mask."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int32]


def components(mask: Mask) -> Numbers:
    """Label the 4-connected parts of a mask: [H, W], -1 outside; a part's label is the number of its first run of pixels.

    Runs of pixels in a row are the nodes, overlaps of runs in neighbouring rows the edges; labels shrink to the smallest
    of their part, with path compression, so that even a spiral takes a handful of rounds.
    """
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    run = np.cumsum(starts.reshape(-1), dtype=np.int32).reshape(mask.shape) - 1
    both = mask[:-1] & mask[1:]
    above, below = run[:-1][both], run[1:][both]
    new = (np.diff(above, prepend=-1) != 0) | (np.diff(below, prepend=-1) != 0)  # one edge per overlap, not one per pixel
    above, below = above[new], below[new]
    label = np.arange(int(run.max()) + 1, dtype=np.int32)
    while True:
        least = np.minimum(label[above], label[below])
        smaller = label.copy()
        np.minimum.at(smaller, label[above], least)
        np.minimum.at(smaller, label[below], least)
        while not np.array_equal(smaller, shorter := smaller[smaller]):
            smaller = shorter
        if np.array_equal(smaller, label):
            break
        label = smaller
    if not label.size:
        return np.full(mask.shape, -1, np.int32)
    labels: Numbers = label[np.maximum(run, 0)]
    labels[~mask] = -1
    return labels
