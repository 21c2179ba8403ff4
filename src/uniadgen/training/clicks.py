"""What reads clicks and is fitted before the unified model: the embedder behind product similarity, and what clicks vote for.

    fit_embedder(model.text_embedder, store, tokenizer, steps, seed)
    store.embeddings = embeddings_of(store, model.text_embedder, tokenizer)
    fit_votes(model.scene_head, reader, steps)
    fit_taste(model.taste, model.scene_encoder, reader, steps)

All take a minute or two and see nothing but who clicked what, in which order. An embedder that knows no more than words finds
few of the clicks that tell something of a product; and votes that are yet to be learnt would have a decoder, which sees a few
thousand histories an hour, learn to go without them.
"""

import hashlib
import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from uniadgen.data.store import Store, of_split
from uniadgen.errors import InputError
from uniadgen.model.heads import SceneHead
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.sequence import ad_text_ids
from uniadgen.model.taste import Taste
from uniadgen.model.text_embedder import TextEmbedder, padded
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.rng import stream
from uniadgen.training.batches import Reader, siblings

BATCH = 256
EMBEDDER_RATE, VOTES_RATE, TASTE_RATE = 0.005, 0.01, 0.03
CANDIDATES = 5  # ads of a product, of which one was clicked
# Of cosines: so low that texts of unrelated products have to lie far apart, as sampling in proportion to similarity needs them.
SCALE = 3.0
CHUNK = 512  # creatives that are embedded at a time


def fit_embedder(embedder: TextEmbedder, store: Store, tokenizer: TextTokenizer, steps: int, seed: int) -> None:
    """Learns that a clicked text and the description of the product clicked next, or before, belong together.

    Of a batch of such pairs each text has to find its description. Raises InputError where nobody clicked two ads.
    """
    device = embedder.weight.weight.device
    users = of_split(store.user_splits, ["train"])
    users = users[np.array([len(store.clicks(int(user))) > 1 for user in users], bool)]
    if not len(users):
        raise InputError(
            "data folder: no user of the split train has two clicks, so product similarity can't be learnt from them"
        )
    optimiser = torch.optim.Adam(embedder.requires_grad_(True).parameters(), EMBEDDER_RATE)
    for step in range(steps):
        draw = np.random.default_rng((seed, step))
        pairs = np.empty((BATCH, 2), np.int64)
        for number, user in enumerate(users[draw.integers(len(users), size=BATCH)]):
            clicks = store.clicks(int(user))
            first = draw.integers(len(clicks) - 1)
            pairs[number] = clicks[first : first + 2][:: draw.choice((-1, 1))]
        texts = embedder(*padded([store.text_ids(int(row)) for row in pairs[:, 0]], device))
        described = embedder(*padded([_described(store, tokenizer, int(row)) for row in pairs[:, 1]], device))
        same = torch.from_numpy(pairs[:, None, 1] == pairs[None, :, 1]).to(device)
        same.fill_diagonal_(False)
        logits = (SCALE * texts @ described.T).masked_fill(same, -torch.inf)
        loss = F.cross_entropy(logits, torch.arange(BATCH, device=device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def embeddings_of(store: Store, embedder: TextEmbedder, tokenizer: TextTokenizer) -> NDArray[np.float16]:
    """Of every creative's text and description [creatives, 2, width]; kept beside the store's arrays."""
    digest = hashlib.sha256(b"".join(p.detach().float().cpu().numpy().tobytes() for p in embedder.parameters())).hexdigest()
    made: NDArray[np.float16] = store.derived(f"embeddings-{digest[:12]}", lambda: _embeddings(store, embedder, tokenizer))
    return made


@torch.no_grad()
def _embeddings(store: Store, embedder: TextEmbedder, tokenizer: TextTokenizer) -> NDArray[np.float16]:
    device = embedder.weight.weight.device
    vectors = np.empty((len(store), 2, embedder.vectors.weight.shape[1]), np.float16)
    for first in range(0, len(store), CHUNK):
        rows = range(first, min(first + CHUNK, len(store)))
        for which, ids in enumerate(
            ([store.text_ids(row) for row in rows], [ad_text_ids(tokenizer, store.row(row).description) for row in rows])
        ):
            vectors[first : first + CHUNK, which] = embedder(*padded(ids, device)).cpu().numpy()
    return vectors


def _described(store: Store, tokenizer: TextTokenizer, row: int) -> list[int]:
    """The ids of a description; those of the ad's text where there is none, as of clicked ads in PAd1M."""
    description = store.row(row).description
    return ad_text_ids(tokenizer, description) if description.strip() else store.text_ids(row)


def fit_votes(head: SceneHead, reader: Reader, steps: int) -> None:
    """Learns what scenes are like, and what a click's scene says of the one that is clicked next, more if its product is alike.

    reader: of the split train. Histories are sampled as in training.
    """
    if reader.scenes is None:
        raise ValueError("a reader without scene codes")
    device = head.said.device
    optimiser = torch.optim.Adam([head.usual, head.after, head.said, head.closeness], VOTES_RATE)
    most, width = reader.config.preference.clicks, reader.config.decoder.width
    for step in range(steps):
        draw = stream(reader.seed, "votes", step)
        samples = _samples(reader, draw)
        truth = torch.from_numpy(np.stack([reader.scenes.plates[sample.row, sample.variant] for sample in samples])).long()
        scenes, clicked, alike, seen = (values.to(device) for values in (truth, *_histories(reader, samples)))
        nothing = torch.zeros(BATCH, 1, width, device=device)  # with pointers that are yet to be trained, all states are alike
        votes = head.votes(nothing[:, 0], nothing.expand(-1, most, -1), alike, seen)
        loss = head.losses(nothing[:, 0], scenes, votes, clicked).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def fit_taste(taste: Taste, encoder: SceneEncoder, reader: Reader, steps: int) -> None:
    """Learns by which likeness to earlier clicks a shopper chose among the ads of a product.

    reader: of the split train. Products with one ad tell nothing; where there are no others, taste stays as it is.
    """
    if reader.scenes is None:
        raise ValueError("a reader without scene codes")
    device, others = taste.weight.device, siblings(reader.store, reader.rows) if steps else {}
    if not others:
        return
    optimiser = torch.optim.Adam(taste.requires_grad_(True).parameters(), TASTE_RATE)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = TASTE_RATE * (1 - step / steps)
        draw = stream(reader.seed, "taste", step)
        samples = [sample for sample in _samples(reader, draw) if sample.clicks and sample.row in others]
        if not samples:
            continue
        codes = np.zeros((len(samples), CANDIDATES, reader.scenes.plates.shape[2]), np.int64)
        offered = np.zeros((len(samples), CANDIDATES), bool)
        for number, (row, _, variant) in enumerate(samples):
            rest = [other for other in others[row] if other != row]
            ads = [row, *draw.sample(rest, min(len(rest), CANDIDATES - 1))]
            codes[number, : len(ads)], offered[number, : len(ads)] = reader.scenes.plates[ads, variant], True
        scenes, clicked, alike, seen, choosable = (
            values.to(device) for values in (torch.from_numpy(codes), *_histories(reader, samples), torch.from_numpy(offered))
        )
        logits = taste(encoder.values(scenes), encoder.values(clicked), alike, seen).masked_fill(~choosable, -torch.inf)
        loss = F.cross_entropy(logits, torch.zeros(len(samples), dtype=torch.long, device=device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


class _Sample(NamedTuple):
    row: int  # of what was clicked
    clicks: list[int]  # before it
    variant: int


def _samples(reader: Reader, draw: random.Random) -> list[_Sample]:
    users = (int(reader.users[draw.randrange(len(reader.users))]) for _ in range(BATCH))
    return [_Sample(*reader.clicked(draw, user), reader.view(draw).variant) for user in users]


def _histories(reader: Reader, samples: Sequence[_Sample]) -> tuple[Tensor, Tensor, Tensor]:
    """Scene codes [N, C, levels] of clicks, similarity [N, C] of their products to the row's, and which there are [N, C]."""
    assert reader.scenes is not None
    most = reader.config.preference.clicks
    codes = np.zeros((len(samples), most, reader.scenes.ads.shape[2]), np.int64)
    similarity, visible = np.zeros((len(samples), most), np.float32), np.zeros((len(samples), most), bool)
    for number, (row, clicks, variant) in enumerate(samples):
        count = len(clicks)
        codes[number, :count] = reader.scenes.ads[clicks, variant]
        similarity[number, :count] = reader.store.similarity(np.asarray(clicks, np.int64), row)
        visible[number, :count] = True
    return torch.from_numpy(codes), torch.from_numpy(similarity), torch.from_numpy(visible)
