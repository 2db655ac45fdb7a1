"""Train as the model will run: what goes into its layers is rounded to 8 bits, as one pair's numbers are in use."""

from typing import Any

import torch
from torch import nn
from transformers import BertForSequenceClassification

LEVELS = 255  # of an unsigned byte


class Rounding:
    """Rounds the inputs of a model's matrices until its end; `mask`, (pairs, tokens) bool, says what is no padding.

    Quantisation-aware training (Jacob and others, CVPR 2018) of the activations alone, each pair with a scale of its
    own, as DynamicQuantizeLinear of ONNX has it; weights have a scale for each row and lose little.
    """

    def __init__(self, model: BertForSequenceClassification) -> None:
        self.mask = torch.empty(0, dtype=torch.bool)
        layers = [module for module in model.bert.encoder.modules() if isinstance(module, nn.Linear)]
        self._hooks = [layer.register_forward_pre_hook(self._rounded) for layer in layers]

    def end(self) -> None:
        """Leave the model as it was."""
        for hook in self._hooks:
            hook.remove()

    def _rounded(self, module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return (_Rounded.apply(given[0], self.mask), *given[1:])  # type: ignore[no-untyped-call]


class _Rounded(torch.autograd.Function):
    """Rounding that gradients pass through (Bengio and others, Estimating or propagating gradients, 2013)."""

    @staticmethod
    def forward(_context: Any, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        padding = ~mask[:, :, None]
        highest = numbers.masked_fill(padding, -torch.inf).amax((1, 2), keepdim=True).clamp(min=0)
        lowest = numbers.masked_fill(padding, torch.inf).amin((1, 2), keepdim=True).clamp(max=0)
        scale = (highest - lowest).clamp(min=1e-9) / LEVELS
        zero = torch.round(-lowest / scale)
        return ((torch.round(numbers / scale) + zero).clamp(0, LEVELS) - zero) * scale

    @staticmethod
    def backward(_context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradients[0], None
