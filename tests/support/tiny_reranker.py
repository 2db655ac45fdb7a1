"""A folder like the embedder's, in tiny: a Unigram tokenizer.json and two random layers of 32 dimensions."""

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["▁什么是", "什么", "注意力", "机制", "知识蒸馏", "微调", "数据", "▁lora", "▁what", "▁is", "▁model", "한국"]
LETTERS = "什么是注意力机制知识蒸馏微调数据低秩矩阵的答案甲乙丙丁。？，é한abcdefghijklmnopqrstuvwxyz0123456789?.,-"
PIECES = [*SPECIAL, "▁", *WORDS, *LETTERS, "<mask>"]


def write_tokenizer(folder: Path) -> Path:
    """Write tokenizer.json with the parts that the embedder's has, but nothing that folds case or width."""
    scores = [(piece, -1.0 if piece in WORDS else 0.0 if piece in SPECIAL else -4.0) for piece in PIECES]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([*(AddedToken(piece) for piece in SPECIAL), AddedToken("<mask>", lstrip=True)])
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def write_base(folder: Path, tokens: int = 64) -> Path:
    """Write tokenizer.json, config.json and weights, for so many tokens; with more rows than the tokenizer pieces."""
    write_tokenizer(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(PIECES) + 3,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=tokens,
        initializer_range=0.5,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
