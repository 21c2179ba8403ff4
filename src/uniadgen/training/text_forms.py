"""The forms of texts (`model/text_form.py`): centres from a data set's texts, votes from its clicks; before the unified model.

    fill_forms(model.text_forms, store, seed)
    forms = read_forms(store, model.text_forms)        # of all creatives, computed at the first call, then only opened
    fit_form_votes(model.text_forms, reader, steps)

Both see nothing but texts and who clicked what, in which order.
"""

import hashlib

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from uniadgen.data.store import Store, of_split
from uniadgen.model.text_form import TextForms, form_features
from uniadgen.rng import stream
from uniadgen.training.batches import Reader
from uniadgen.training.clicks import BATCH
from uniadgen.training.scene_encoder import k_means

FITTED = 20_000  # texts that centres are fitted to, at most
RATE = 0.02


def fill_forms(forms: TextForms, store: Store, seed: int) -> None:
    """k-means over the features of texts of the split train."""
    rows = of_split(store.splits, ["train"])
    rng = np.random.default_rng((seed, 2))
    features = np.stack([form_features(store.row(int(row)).text) for row in rng.permutation(rows)[:FITTED]])
    centres = k_means(features.astype(np.float64), len(forms.centres), rng)
    forms.centres.copy_(torch.from_numpy(centres))


def read_forms(store: Store, forms: TextForms) -> NDArray[np.int64]:
    """[creatives]; kept beside the store's arrays."""
    digest = hashlib.sha256(forms.centres.float().cpu().numpy().tobytes()).hexdigest()

    def made() -> NDArray[np.int64]:
        return np.array([forms.code_of(store.row(row).text) for row in range(len(store))], np.int64)

    read: NDArray[np.int64] = store.derived(f"forms-{digest[:12]}", made)
    return read


def fit_form_votes(forms: TextForms, reader: Reader, steps: int) -> None:
    """Learns which forms are usual, and what a click's says of the one that is clicked next, more if its product is alike.

    reader: of the split train, with forms. Histories are sampled as in training.
    """
    if reader.forms is None:
        raise ValueError("a reader without forms")
    device, most = forms.said.device, reader.config.preference.clicks
    votes = [forms.usual, forms.said, forms.closeness, forms.offset]
    for parameter in votes:
        parameter.requires_grad_(True)
    optimiser = torch.optim.Adam(votes, RATE)
    for step in range(steps):
        draw = stream(reader.seed, "forms", step)
        truth, theirs = np.zeros(BATCH, np.int64), np.full((BATCH, most), -1, np.int64)
        similarity = np.zeros((BATCH, most), np.float32)
        for number in range(BATCH):
            row, clicks = reader.clicked(draw, int(reader.users[draw.randrange(len(reader.users))]))
            if draw.random() < reader.mix.general:
                clicks = []
            truth[number], theirs[number, : len(clicks)] = reader.forms[row], reader.forms[clicks]
            similarity[number, : len(clicks)] = reader.store.similarity(np.asarray(clicks, np.int64), row)
        wanted, clicked, alike = (torch.from_numpy(values).to(device) for values in (truth, theirs, similarity))
        loss = F.cross_entropy(forms.logits(clicked, alike), wanted.clamp(min=0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
