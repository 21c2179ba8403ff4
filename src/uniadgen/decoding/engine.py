"""A model's decoder and heads as they run fastest in generation: packed weights, a key-value cache, few operations.

    engine = Engine.pack(model)
    cache = engine.allocate(batch=1, capacity=700)
    hidden = engine.forward(model.embed_text(ids), [cache])         # [1, T, D]; the cache has read the ids

It computes what `model.decoder` computes, within rounding. On a CPU a step of a small model is bound by reading its weights,
and by the number of operations: query, key and value weights are one matrix, as are gate and up; weights that half precision
holds are read in half precision (the arithmetic stays in single precision); tables are computed once.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeGuard, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from uniadgen.decoding.cache import Cache
from uniadgen.loading.memory import free_memory
from uniadgen.model.decoder import Block, RMSNorm, rotary_table
from uniadgen.model.heads import ImageHead, LevelHead
from uniadgen.model.unified import UnifiedModel

Linear = Callable[[Tensor], Tensor]

# The embeddings of all image codes are computed once if the table has at most so many numbers.
_TABLE_LIMIT = 2**23
# Up to so many tokens of a row in a pass, a shared prefix is attended to once for all rows.
FEW_TOKENS = 64
# Attention that also says what the weights of each query add up to; None where torch has it not.
CPU_ATTENTION = getattr(torch.ops.aten, "_scaled_dot_product_flash_attention_for_cpu", None)
# Of a decoder whose steps are too short for threads to share.
SMALL_WIDTH = 512
# Half precision holds weights if it changes their norm by at most this share, which is what single-precision sums lose anyway.
HALF_LOSS = 1e-6


@dataclass(frozen=True)
class PackedBlock:
    attention_norm: RMSNorm
    qkv: Linear
    out: Linear
    feed_forward_norm: RMSNorm
    gate_up: Linear
    down: Linear


class Engine:
    """Packed when it is made: after a change of the model's weights, pack it again. For inference alone: gradients end at what
    is packed."""

    def __init__(
        self,
        model: UnifiedModel,
        blocks: Sequence[PackedBlock],
        head: tuple[Linear, Linear] | None,
        encoders: "PackedProducts | None" = None,
    ) -> None:
        """encoders: products of what encodes products and clicks, to be entered around its calls."""
        self.model, self.blocks, self._head, self.encoders = model, list(blocks), head, encoders or PackedProducts({})
        config = model.config
        self._image_table: Tensor | None = None
        if config.image.codes * config.decoder.width <= _TABLE_LIMIT:
            self._image_table = model.embed_image(torch.arange(config.image.codes, device=model.device))
        self._rotations = torch.empty(0)

    @classmethod
    @torch.inference_mode(False)  # the model's parameters must stay such as can be trained
    @torch.no_grad()
    def pack(cls, model: UnifiedModel) -> "Engine":
        """Copies weights where that makes them faster (a CPU, single precision) and there is ample memory."""
        free = free_memory(model.device)
        parts = (model.decoder, model.foreground, model.preference)
        size = sum(p.numel() * p.element_size() for part in parts for p in part.parameters())
        wide = model.config.decoder.width > SMALL_WIDTH
        copy = model.device.type == "cpu" and model.dtype == torch.float32 and (free is None or size <= free / 2)
        blocks = [
            PackedBlock(
                block.attention_norm,
                pack_linear([block.q_proj, block.k_proj, block.v_proj], copy, wide),
                pack_linear([block.o_proj], copy, wide),
                block.feed_forward_norm,
                pack_linear([block.gate_proj, block.up_proj], copy, wide),
                pack_linear([block.down_proj], copy, wide),
            )
            for block in cast(Iterable[Block], model.decoder.blocks)
        ]
        head = model.image_head
        packed = None
        if isinstance(head, ImageHead):
            packed = pack_linear([head.project], copy, wide), pack_linear([head.score], copy, wide)
        return cls(model, blocks, packed, PackedProducts.of(parts[1:], wide) if copy else None)

    @property
    def can_be_recorded(self) -> bool:
        """Whether steps may become a CUDA graph: everything lies on one GPU."""
        return {p.device for p in self.model.decoder.parameters()} == {self.model.device} and self.model.device.type == "cuda"

    def allocate(self, batch: int, capacity: int) -> Cache:
        return Cache.allocate(self.model.config.decoder, batch, capacity, self.model.device, self.model.dtype)

    def forward(
        self,
        x: Tensor,
        caches: Sequence[Cache],
        *,
        foreground: Tensor | None = None,
        lengths: Sequence[int] | None = None,
        causal: bool = True,
    ) -> Tensor:
        """x [B, T, D] -> normalised hidden states [B, T, D]; the caches have read x afterwards.

        The rows of x are those of all caches, one after the other. foreground [groups, B, T, D] is added at the first layer of
        each group. lengths: row b has only lengths[b] <= T tokens, at the end; what stands before them is ignored. causal:
        False for the slots of one pass of a picture, which see each other.
        """
        width = x.shape[1]
        rows = [cache.batch for cache in caches]
        positions = torch.cat([cache.read for cache in caches])[:, None] + torch.arange(width, device=x.device)
        parts = _split(lengths, rows)
        if lengths is not None:
            positions = (positions - width + torch.tensor(lengths, device=x.device)[:, None]).clamp(min=0)
        for cache, part in zip(caches, parts, strict=True):
            cache.reserve(width)
            cache.hide_padding(width, part)
        longest = max(cache.length + (cache.prefix.length if cache.prefix else 0) for cache in caches)
        rotation = self._rotation(positions, longest + width, x.dtype)
        hidden = self._through_layers(x, [_Slots.of(cache, width, causal) for cache in caches], rows, rotation, foreground)
        for cache, part in zip(caches, parts, strict=True):
            cache.advance(width, part)
        return hidden

    def step(self, x: Tensor, caches: Sequence[Cache], offset: Tensor, foreground: Tensor) -> Tensor:
        """`forward` for one token of every row, x [B, 1, D], `offset` [1] tokens after those that the caches have read.

        Where the token goes is a tensor, and all slots of the caches are read with a mask, so nothing here depends on Python's
        numbers: a CUDA graph can repeat it. The caches must have room; they are not advanced.
        """
        positions = torch.cat([cache.read for cache in caches])[:, None] + offset
        longest = max(cache.capacity + (cache.prefix.length if cache.prefix else 0) for cache in caches)
        rotation = self._rotation(positions, longest, x.dtype)
        rows = [cache.batch for cache in caches]
        return self._through_layers(x, [_Slots.at(cache, offset) for cache in caches], rows, rotation, foreground)

    def _through_layers(
        self,
        x: Tensor,
        slots: Sequence["_Slots"],
        rows: Sequence[int],
        rotation: tuple[Tensor, Tensor],
        foreground: Tensor | None,
    ) -> Tensor:
        """slots: of each cache, which has so many of x's rows. rotation: cos and sin of all positions."""
        model, (batch, width, size), (cos, sin) = self.model, x.shape, rotation
        heads = model.config.decoder.heads
        ends = list(accumulate(rows))
        for index, block in enumerate(self.blocks):
            if foreground is not None and index % model.decoder.group == 0:
                x = x + foreground[index // model.decoder.group]
            # [B, query, key and value heads, T, head_dim]; queries and keys are rotated in place
            qkv = block.qkv(_normalised(x, block.attention_norm)).view(batch, width, 3 * heads, -1).transpose(1, 2)
            qk = qkv[:, : 2 * heads]
            torch.addcmul(qk * cos, qk.roll(qk.shape[-1] // 2, -1), sin, out=qk)
            attended = [slot.attend(index, qkv[end - count : end]) for slot, count, end in zip(slots, rows, ends, strict=True)]
            joined = attended[0] if len(attended) == 1 else torch.cat(attended)
            x = x + block.out(joined.transpose(1, 2).reshape(batch, width, size))
            gate, up = block.gate_up(_normalised(x, block.feed_forward_norm)).chunk(2, -1)
            x = x + block.down(F.silu(gate).mul_(up))
        return _normalised(x, model.decoder.norm)

    def choice_logits(self, hidden: Tensor, ids: Sequence[int], points: Tensor, places: Sequence[int]) -> Tensor:
        """hidden [D] -> logits of ways to go on [K], in single precision; few rows of the head are read.

        ids: the first token of each. points [P, D]: the states at which selling points end in the instruction. places: of each
        way the row in `points`, or -1.
        """
        rows = torch.tensor(ids, device=hidden.device)
        logits = F.linear(hidden, self.model.text_head.weight[rows]).float()
        if len(points):
            pointed = self.model.point_pointer(hidden[None], points[None])[0]
            at = torch.tensor(places, device=hidden.device)
            logits = logits + pointed[at.clamp(min=0)] * (at >= 0)
        return logits

    def image_logits(self, hidden: Tensor, guidance: float) -> Tensor:
        """hidden [B, T, D] -> logits of all codes [B, T, codes], in single precision; for a head over all codes.

        With a guidance other than 1, hidden is [2B, T, D], conditional rows first. The last layer is linear, so guidance is
        applied before it: half the work, the same logits.
        """
        assert self._head is not None
        project, score = self._head
        return score(_guided(F.gelu(project(hidden)), guidance)).float()

    def level_logits(self, state: Tensor, level: int, guidance: float) -> Tensor:
        """The state of a head over levels [B, T, H] -> logits of a level [B, T, values]; guidance as in `image_logits`."""
        head = self.model.image_head
        assert isinstance(head, LevelHead)
        logits: Tensor = head.score[level](_guided(F.gelu(state), guidance))
        return logits.float()

    def embed_image(self, codes: Tensor) -> Tensor:
        """codes [...] -> embeddings [..., D]."""
        return self.model.embed_image(codes) if self._image_table is None else F.embedding(codes, self._image_table)

    def _rotation(self, positions: Tensor, needed: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """cos and sin [B, 1, T, head_dim]; the sign of the rotation's first half is in the sine."""
        table = self._rotations
        if len(table) < needed or table.dtype != dtype:
            config, count = self.model.config.decoder, max(needed, 1024, 2 * len(table))
            cos, sin = rotary_table(
                torch.arange(count, device=positions.device), config.width // config.heads, config.rope_theta
            )
            half = sin.shape[1] // 2
            table = self._rotations = torch.cat([cos, -sin[:, :half], sin[:, half:]], 1).to(dtype)
        cos, sin = F.embedding(positions, table)[:, None].chunk(2, -1)
        return cos, sin


def _guided(x: Tensor, guidance: float) -> Tensor:
    """Both branches [2B, ...], conditional rows first, as one [B, ...]; x itself without guidance."""
    if guidance == 1:
        return x
    conditional, unconditional = x.chunk(2)
    return torch.lerp(unconditional, conditional, guidance)


@lru_cache
def _scalar(value: float) -> Tensor:
    return torch.tensor(value)


def _normalised(x: Tensor, norm: RMSNorm) -> Tensor:
    """What the norm computes. On a CPU, where torch takes its own apart into many operations, in five."""
    if x.device.type != "cpu" or x.dtype != torch.float32:
        return norm(x)
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return (x * torch.addcmul(_scalar(norm.eps), length, length, value=1 / x.shape[-1]).rsqrt_()).mul_(norm.weight)


@dataclass
class _Slots:
    """Where one pass writes into a cache and what it reads there, by layer."""

    new: tuple[Tensor, ...]  # [2, B, heads, slots, head_dim]
    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    mask: Tensor | None  # what is added to scores: 0 or -inf
    causal: bool
    prefix: tuple[tuple[Tensor, Tensor], ...] | None  # keys and values [heads, P, head_dim]
    slot: Tensor | None = None  # [1]: where in `new` a single token goes; `new` as a whole without

    @classmethod
    def of(cls, cache: Cache, width: int, ordered: bool = True) -> "_Slots":
        """The next `width` slots, which may attend to all before them, and to each other if they aren't ordered."""
        start, end = cache.length, cache.length + width
        causal = ordered and start == 0 and width > 1 and not cache.ragged and cache.prefix is None
        return cls(
            cache.states[..., start:end, :].unbind(),
            cache.states[:, 0, :, :, :end].unbind(),
            cache.states[:, 1, :, :, :end].unbind(),
            _added(attention_mask(cache, width, ordered), cache.states.dtype)
            if cache.ragged or (ordered and width > 1 and not causal)
            else None,
            causal,
            _prefix_of(cache),
        )

    @classmethod
    def at(cls, cache: Cache, offset: Tensor) -> "_Slots":
        """The slot that is `offset` [1] slots after those that are filled; it may attend to all before it."""
        slot = offset + cache.length
        mask = (torch.arange(cache.capacity, device=slot.device) <= slot) & cache.visible
        return cls(
            cache.states.unbind(),
            cache.states[:, 0].unbind(),
            cache.states[:, 1].unbind(),
            _added(mask[:, None, None], cache.states.dtype),
            False,
            _prefix_of(cache),
            slot,
        )

    def attend(self, layer: int, qkv: Tensor) -> Tensor:
        """qkv [B, 3 * heads, T, head_dim] -> what the queries find [B, heads, T, head_dim]."""
        heads = qkv.shape[1] // 3
        new = qkv[:, heads:].unflatten(1, (2, heads)).transpose(0, 1)
        if self.slot is None:
            self.new[layer].copy_(new)
        else:
            self.new[layer].index_copy_(3, self.slot, new)
        if self.prefix is not None:
            return attend_after(self.prefix[layer], qkv[:, :heads], self.keys[layer], self.values[layer], self.mask)
        return F.scaled_dot_product_attention(
            qkv[:, :heads], self.keys[layer], self.values[layer], attn_mask=self.mask, is_causal=self.causal
        )


def _prefix_of(cache: Cache) -> tuple[tuple[Tensor, Tensor], ...] | None:
    if cache.prefix is None:
        return None
    keys, values = cache.prefix.states[:, :, 0, :, : cache.prefix.length].unbind(1)
    return tuple(zip(keys.unbind(), values.unbind(), strict=True))


def attend_after(prefix: tuple[Tensor, Tensor], q: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of all rows to a prefix that they share, and of each row to its own: [B, heads, T, head_dim] like q.

    prefix: keys and values [heads, P, head_dim], which every query may see. keys, values [B, heads, S, head_dim], mask
    [B or 1, 1, T, S], added to scores: each row's own. The queries of all rows meet the prefix in one product: it is read once.
    """
    batch, heads, width, size = q.shape
    shared_keys, shared_values = prefix
    count = shared_keys.shape[1]
    if width > FEW_TOKENS:  # all scores at once would be large
        shared = (t.expand(batch, -1, -1, -1) for t in prefix)
        keys, values = (torch.cat(pair, 2) for pair in zip(shared, (keys, values), strict=True))
        whole = None if mask is None else F.pad(mask, (count, 0))
        return F.scaled_dot_product_attention(q, keys, values, attn_mask=whole)
    # On a CPU half the time of what follows, but for single tokens in 16 bits.
    if CPU_ATTENTION is not None and q.device.type == "cpu" and (width > 1 or q.dtype == torch.float32):
        joint = q.transpose(0, 1).reshape(1, heads, batch * width, size)
        there, log_there = CPU_ATTENTION(joint, shared_keys[None], shared_values[None])
        here, log_here = CPU_ATTENTION(q, keys, values, attn_mask=mask)
        there, log_there = (t.view(heads, batch, width, -1).transpose(0, 1) for t in (there, log_there))
        joined: Tensor = torch.lerp(there, here, torch.sigmoid(log_here[..., None] - log_there).to(q.dtype))
        return joined
    q = q * size**-0.5
    scores = torch.empty(batch, heads, width, count + keys.shape[2], dtype=q.dtype, device=q.device)
    joint = q.transpose(0, 1).reshape(heads, batch * width, size) @ shared_keys.transpose(1, 2)
    scores[..., :count] = joint.view(heads, batch, width, count).transpose(0, 1)
    row_scores = q @ keys.transpose(2, 3)
    scores[..., count:] = row_scores if mask is None else row_scores + mask
    weights = scores.softmax(-1)
    joint = weights[..., :count].transpose(0, 1).reshape(heads, batch * width, count) @ shared_values
    return weights[..., count:] @ values + joint.view(heads, batch, width, size).transpose(0, 1)


def _added(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """A mask of who may see what as numbers that are added to scores, made once for all layers."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, -torch.inf)


def attention_mask(cache: Cache, width: int, ordered: bool = True) -> Tensor:
    """Who of the next `width` slots may see which: [B or 1, 1, width, length + width] bool.

    Causal if they are ordered, and hidden slots are hidden, except from themselves, so that no query is left with nothing to
    see (no NaN).
    """
    start, end = cache.length, cache.length + width
    keys = torch.arange(end, device=cache.visible.device)
    queries = keys[start:, None]
    mask = (keys <= (queries if ordered else end))[None].expand(1, width, end)
    if cache.ragged:
        mask = mask & cache.visible[:, None, :end] | (keys == queries)
    return mask[:, None]


class PackedProducts(TorchFunctionMode):
    """While it is entered, modules whose weights have been packed multiply by what was packed.

    products: of each layer, by its weight's id, the weight and the bias themselves, and what multiplies by them.
    """

    def __init__(self, products: Mapping[int, tuple[Tensor, Tensor | None, Linear]]) -> None:
        super().__init__()
        self.products = products

    @classmethod
    def of(cls, parts: Iterable[nn.Module], wide: bool) -> "PackedProducts":
        """Of all plain linear layers whose weights half precision holds. wide: as for `pack_linear`."""
        products = {}
        for module in (module for part in parts for module in part.modules()):
            if _is_plain(module):
                bias = None if module.bias is None else module.bias.detach()
                if (product := _half_precision(module.weight.detach(), bias, wide)) is not None:
                    products[id(module.weight)] = module.weight, module.bias, product
        return cls(products)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is F.linear and len(args) == 3 and id(args[1]) in self.products:
            weight, bias, product = self.products[id(args[1])]
            if args[1] is weight and args[2] is bias and args[0].ndim > 1:
                return product(args[0])
        return func(*args, **(kwargs or {}))


def pack_linear(modules: Sequence[nn.Module], copy: bool, wide: bool = False) -> Linear:
    """Linear layers of the same input as one function, their outputs side by side.

    The layers' parameters become views of the joint matrix, which costs no memory. copy: what is called is a copy in the form
    in which a CPU multiplies it fastest. wide: products are large enough for threads to share. What is no plain nn.Linear - an
    adapter, quantized weights - is called as it is.
    """
    plain = [module for module in modules if _is_plain(module)]
    if len(plain) < len(modules):
        called = list(modules)
        return called[0] if len(called) == 1 else lambda x: torch.cat([module(x) for module in called], -1)
    weight = torch.cat([layer.weight.detach() for layer in plain]) if len(plain) > 1 else plain[0].weight.detach()
    biases = [layer.bias.detach() for layer in plain if layer.bias is not None]
    bias = torch.cat(biases) if biases else None
    start = 0
    for layer in plain if len(plain) > 1 else ():
        layer.weight.data = weight[start : start + layer.out_features]
        start += layer.out_features

    if not copy:
        return lambda x: F.linear(x, weight, bias)
    if (half := _half_precision(weight, bias, wide)) is not None:
        return half
    transposed = weight.t().contiguous()
    return lambda x: x @ transposed if bias is None else x @ transposed + bias


def _is_plain(module: nn.Module) -> TypeGuard[nn.Linear]:
    """A linear layer that is no adapter, with weights that are not quantized."""
    return type(module) is nn.Linear and type(module.weight.data) is Tensor


def _half_precision(weight: Tensor, bias: Tensor | None, wide: bool) -> Linear | None:
    """Multiplies by weights that are read in half precision, if that holds them and torch can do it here (FBGEMM); else None.

    It holds those of a checkpoint in 16 bits: all of float16 exactly, of bfloat16 all but the last bits of numbers near zero.
    """
    lost = (weight - weight.half().float()).norm()
    if torch.backends.quantized.engine not in ("fbgemm", "x86") or lost > HALF_LOSS * weight.norm():
        return None
    if not wide and hasattr(torch, "fbgemm_linear_fp16_weight_fp32_activation"):
        # older than the operator below, deprecated, and for one thread, yet called in a fraction of the time
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            half = torch.fbgemm_pack_gemm_matrix_fp16(weight)
            torch.fbgemm_linear_fp16_weight_fp32_activation(weight[:1], half, bias)  # it warns when first called
        return lambda x: torch.fbgemm_linear_fp16_weight_fp32_activation(x, half, bias)
    packed = torch.ops.quantized.linear_prepack_fp16(weight, bias)
    return lambda x: torch.ops.quantized.linear_dynamic_fp16(x, packed)


def _split(values: Sequence[int] | None, counts: Sequence[int]) -> list[Sequence[int] | None]:
    """The values of each cache's rows."""
    if values is None:
        return [None] * len(counts)
    ends = list(accumulate(counts))
    return [values[end - count : end] for end, count in zip(ends, counts, strict=True)]
