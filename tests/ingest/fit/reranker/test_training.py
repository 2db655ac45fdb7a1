import copy
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from transformers import BertForSequenceClassification, BertModel

from ingest.fit.reranker import training
from ingest.fit.reranker.int8 import export, model_of
from ingest.fit.reranker.rounding import Rounding
from ingest.fit.reranker.schedule import Example
from ingest.fit.reranker.training import train
from ingest.fit.reranker.vocabulary import cut
from ingest.models.pairs import Pairs, padded
from tests.support.tiny_reranker import LETTERS, PIECES, SPECIAL, write_base

pytestmark = pytest.mark.slow

TEXTS = ["什么是注意力机制？", "微调 LoRA model 的数据。"]
QUESTIONS = ["什么是注意力？", "微调的数据", "what is LoRA", "甲乙丙丁", "今天。"]
WINDOWS = ["注意力机制。", "微调数据，甲", "lora model 的矩阵", "甲乙。丙丁。", "答案是 3.14", "the model is 512"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cut")


@pytest.fixture(scope="module")
def original(base: Path, folder: Path) -> BertForSequenceClassification:
    torch.manual_seed(2)
    return cut(base, folder, TEXTS, 2)


@pytest.fixture
def model(original: BertForSequenceClassification) -> BertForSequenceClassification:
    """One to train, which leaves the original as it was."""
    return copy.deepcopy(original)


@pytest.fixture(scope="module")
def pairs(original: BertForSequenceClassification, folder: Path) -> Pairs:
    return Pairs(folder / "tokenizer.json")


def pieces(folder: Path) -> list[str]:
    return [piece for piece, _ in json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]]


def scores(model: BertForSequenceClassification, pairs: Pairs, asked: Sequence[tuple[str, str]]) -> list[float]:
    """The logit of each pair, one by one, in float32 and without padding."""
    quiet = copy.deepcopy(model).cpu().train(False)
    with torch.inference_mode():
        return [float(quiet(input_ids=torch.tensor([ids])).logits[0, 0]) for ids in pairs.ids(asked)]


def loss_of(model: BertForSequenceClassification, pairs: Pairs, examples: Sequence[Example]) -> float:
    """The mean of -log(share of what is right), where "none of them" weighs 1 and a window exp(score)."""
    losses = []
    for example in examples:
        weights = np.exp(scores(model, pairs, [(example.question, window) for window in example.windows]))
        right = weights[0] if example.answered else 1.0
        losses.append(-np.log(right / (1 + weights.sum())))
    return float(np.mean(losses))


def examples() -> list[Example]:
    """Three questions whose own window is right and two that nothing answers; of one to six windows."""
    made = []
    for i, question in enumerate(QUESTIONS):
        others = [window for j, window in enumerate(WINDOWS) if j != i]
        windows = (WINDOWS[i], *others[:i]) if i < 3 else tuple(WINDOWS[: 2 * i - 2])
        made.append(Example(question, windows, i < 3))
    return made


class KilledError(Exception):
    """Stands for a kill: nothing after the step is done."""


def silent(done: int, total: int, loss: float) -> None:
    pass


def test_pieces_used_and_single_characters_are_kept(original: BertForSequenceClassification, folder: Path) -> None:
    used = {"▁什么是", "注意力", "机制", "微调", "数据", "▁lora", "▁model"}
    expected = [p for p in PIECES if p in {*SPECIAL, "▁", *used} or p in set(LETTERS) - {"é", "한"}]
    assert pieces(folder) == expected
    assert original.config.vocab_size == len(expected)
    assert original.bert.embeddings.word_embeddings.num_embeddings == len(expected)


def test_special_tokens_keep_their_places(original: BertForSequenceClassification, folder: Path) -> None:
    source = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert [(token["id"], token["content"]) for token in source["added_tokens"]] == list(enumerate(SPECIAL))
    assert source["model"]["unk_id"] == 3
    (row,) = Pairs(folder / "tokenizer.json").ids([("🚀", "")])
    assert (row[0], row[-1], row.count(2), row.count(3)) == (0, 2, 3, 1)


def test_kept_pieces_keep_their_vectors(base: Path, original: BertForSequenceClassification, folder: Path) -> None:
    whole = BertModel.from_pretrained(base, add_pooling_layer=False).embeddings.word_embeddings.weight
    mine = original.bert.embeddings.word_embeddings.weight
    for row, piece in enumerate(pieces(folder)):
        torch.testing.assert_close(mine[row], whole[PIECES.index(piece)], rtol=0, atol=0)


def test_texts_are_cut_into_the_same_pieces(base: Path, pairs: Pairs, folder: Path) -> None:
    kept = pieces(folder)
    for text in TEXTS:
        (before,), (after,) = Pairs(base / "tokenizer.json").ids([(text, text)]), pairs.ids([(text, text)])
        assert [kept[i] for i in after] == [PIECES[i] for i in before]
        assert 3 not in after


@pytest.mark.parametrize("layers", [1, 2])
def test_hidden_states_are_those_of_the_whole_model(base: Path, tmp_path: Path, layers: int) -> None:
    model = cut(base, tmp_path, TEXTS, layers).train(False)
    whole = BertModel.from_pretrained(base, add_pooling_layer=False).train(False)
    asked = [(question, text) for question in TEXTS for text in TEXTS]
    before, after = (padded(Pairs(path / "tokenizer.json").ids(asked)) for path in (base, tmp_path))
    assert not np.array_equal(before[0], after[0])
    with torch.inference_mode():
        ids, mask = map(torch.from_numpy, before)
        expected = whole(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[layers]
        ids, mask = map(torch.from_numpy, after)
        found = model.bert(input_ids=ids, attention_mask=mask)
    assert model.config.num_hidden_layers == len(model.bert.encoder.layer) == layers
    torch.testing.assert_close(found.last_hidden_state[mask == 1], expected[mask == 1], rtol=1e-4, atol=1e-5)
    # The pooler begins as a pass through.
    torch.testing.assert_close(found.pooler_output, expected[:, 0].tanh(), rtol=1e-4, atol=1e-5)


def test_nothing_is_dropped_at_random(original: BertForSequenceClassification) -> None:
    rates = {module.p for module in original.modules() if isinstance(module, torch.nn.Dropout)}
    assert rates == {0.0}


def test_the_loss_is_minus_log_of_the_share_of_what_is_right(
    model: BertForSequenceClassification, pairs: Pairs, tmp_path: Path
) -> None:
    expected = loss_of(model, pairs, examples())
    seen: list[tuple[int, int, float]] = []
    train(model, pairs, [examples()], tmp_path, lambda *step: seen.append(step))
    ((done, total, loss),) = seen
    assert (done, total) == (1, 1)
    assert loss == pytest.approx(expected, rel=0.02)  # bfloat16


def test_windows_by_twelves_are_those_of_one_by_one(
    monkeypatch: pytest.MonkeyPatch, model: BertForSequenceClassification, pairs: Pairs
) -> None:
    """Sorting by length and padding put every score back in its place."""
    losses = []
    for part in (1, 2, 12, 100):
        monkeypatch.setattr(training, "PART", part)
        losses.append(training._loss(model.train(False), pairs, examples(), "cpu").item())
    assert losses == pytest.approx([loss_of(model, pairs, examples())] * 4, rel=0.02)


def test_training_learns_its_examples(model: BertForSequenceClassification, pairs: Pairs, tmp_path: Path) -> None:
    before = loss_of(model, pairs, examples())
    train(model, pairs, [examples()] * 80, tmp_path, silent, 3e-3)
    assert loss_of(model, pairs, examples()) < min(0.3, before / 4)
    for example in examples():
        found = scores(model, pairs, [(example.question, window) for window in example.windows])
        if example.answered:
            assert found[0] == max(found) > 0
        else:
            assert max(found) < 0


def shares(model: BertForSequenceClassification, pairs: Pairs, example: Example) -> np.ndarray:
    """How likely each window, and last none of them, is the one that answers."""
    weights = np.exp([*scores(model, pairs, [(example.question, window) for window in example.windows]), 0.0])
    return np.asarray(weights / weights.sum())


@pytest.fixture
def teacher(original: BertForSequenceClassification) -> BertForSequenceClassification:
    """One of other opinions: the same weights but for a head of its own."""
    other = copy.deepcopy(original)
    torch.manual_seed(5)
    with torch.no_grad():
        other.classifier.weight.normal_(std=2.0)
    return other


def test_half_of_the_loss_is_towards_the_teachers_shares(
    model: BertForSequenceClassification, teacher: BertForSequenceClassification, pairs: Pairs
) -> None:
    every = examples()
    towards = [-(shares(teacher, pairs, e) * np.log(shares(model, pairs, e))).sum() for e in every]
    expected = (loss_of(model, pairs, every) + np.mean(towards)) / 2
    assert expected != pytest.approx(loss_of(model, pairs, every), rel=0.02)
    found = training._loss(model.train(False), pairs, every, "cpu", teacher.train(False))
    assert found.item() == pytest.approx(expected, rel=0.02)  # bfloat16


def test_a_taught_model_takes_its_teachers_opinions_and_leaves_the_teacher_as_it_is(
    model: BertForSequenceClassification, teacher: BertForSequenceClassification, pairs: Pairs, tmp_path: Path
) -> None:
    before = copy.deepcopy(teacher.state_dict())
    alone = copy.deepcopy(model)
    train(alone, pairs, [examples()] * 60, tmp_path, silent, 3e-3)
    train(model, pairs, [examples()] * 60, tmp_path, silent, 3e-3, teacher)

    def apart(student: BertForSequenceClassification) -> float:
        return float(np.mean([np.abs(shares(student, pairs, e) - shares(teacher, pairs, e)).sum() for e in examples()]))

    assert apart(model) < apart(alone)
    assert all(torch.equal(teacher.state_dict()[name], value) for name, value in before.items())


def test_a_run_with_a_teacher_does_not_go_on_from_one_without(
    monkeypatch: pytest.MonkeyPatch,
    model: BertForSequenceClassification,
    teacher: BertForSequenceClassification,
    pairs: Pairs,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(training, "KEEP_EVERY", 1)

    def kill(done: int, total: int, loss: float) -> None:
        if done == 2:
            raise KilledError

    with pytest.raises(KilledError):
        train(model, pairs, [examples()] * 4, tmp_path, kill)
    with pytest.raises(ValueError, match="another model"):
        train(model, pairs, [examples()] * 4, tmp_path, silent, teacher=teacher)


def test_the_rate_rises_and_falls() -> None:
    rates = [training._rate(step, 100) for step in range(101)]
    assert rates[:6] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert rates[5:] == pytest.approx([1 - i / 95 for i in range(96)])


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(
    monkeypatch: pytest.MonkeyPatch, model: BertForSequenceClassification, pairs: Pairs, tmp_path: Path
) -> None:
    monkeypatch.setattr(training, "KEEP_EVERY", 3)
    every = examples()
    steps = [[every[i % 5], every[(i + 1) % 5]] for i in range(12)]
    killed, fresh = copy.deepcopy(model), copy.deepcopy(model)
    for name in ("unbroken", "broken"):
        (tmp_path / name).mkdir()
    whole: list[tuple[int, int, float]] = []
    train(model, pairs, steps, tmp_path / "unbroken", lambda *step: whole.append(step), 1e-2)
    assert [done for done, _, _ in whole] == list(range(1, 13))

    def kill(done: int, total: int, loss: float) -> None:
        if done == 8:
            raise KilledError

    with pytest.raises(KilledError):
        train(killed, pairs, steps, tmp_path / "broken", kill, 1e-2)
    assert (tmp_path / "broken/checkpoint.pt").exists()
    (tmp_path / "broken/checkpoint.partial").write_bytes(b"half")  # killed again, while writing
    with torch.no_grad():
        for weight in fresh.parameters():
            weight.zero_()  # all that counts comes from the checkpoint
    rest: list[tuple[int, int, float]] = []
    train(fresh, pairs, steps, tmp_path / "broken", lambda *step: rest.append(step), 1e-2)
    assert rest == whole[6:]
    expected, found, half = (m.cpu().state_dict() for m in (model, fresh, killed))
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert not all(torch.equal(half[name], value) for name, value in expected.items())


exporter = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning", "ignore:Exporting aten:UserWarning"
)


@exporter
def test_the_exported_scores_are_the_models(model: BertForSequenceClassification, pairs: Pairs, tmp_path: Path) -> None:
    """All pairs in one padded batch, and one by one; of random weights and of trained ones."""
    asked = [(question, window * repeat) for question in QUESTIONS for window in WINDOWS for repeat in (1, 3)]
    rows = pairs.ids(asked)
    for state in ("random", "trained"):
        if state == "trained":
            train(model, pairs, [examples()] * 80, tmp_path, silent, 3e-3)
        export(model, tmp_path / "model.onnx")
        assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]  # not the float32 file
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.x64quantprecision", "1")  # as the service runs it
        session = onnxruntime.InferenceSession(tmp_path / "model.onnx", options, providers=["CPUExecutionProvider"])
        expected = np.array(scores(model, pairs, asked))
        for batches in ([rows], [[row] for row in rows]):
            inputs = [dict(zip(("ids", "mask"), padded(batch), strict=True)) for batch in batches]
            found = np.concatenate([session.run(None, each)[0] for each in inputs])
            assert found.shape == (60,)
            assert found.dtype == np.float32
            assert np.corrcoef(found, expected)[0, 1] > 0.97
            assert np.abs(found - expected).mean() < 0.25 * expected.std()
    best = [found[number * 12 : number * 12 + 12].reshape(6, 2).max(axis=1).argmax() for number in range(3)]
    assert best == [0, 1, 2]  # the windows it was taught, of all six


@exporter
def test_the_exported_file_tells_nothing_of_this_machine(model: BertForSequenceClassification, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export(model, path)
    held = path.read_bytes()
    for name in ("/work", "/home", "/root", "/tmp", str(tmp_path), str(Path.cwd()), "site-packages", ".py"):
        assert name.encode() not in held, name


@exporter
def test_every_matrix_is_stored_in_eight_bits(model: BertForSequenceClassification, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export(model, path)
    stored = onnx.load(path).graph.initializer
    matrices = [part for part in stored if len(part.dims) > 1]
    # Three embeddings; six of each layer; the pooler's and the head's.
    assert len(matrices) == 3 + 2 * 6 + 2
    assert {part.data_type for part in matrices} <= {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}


def test_what_is_trained_rounded_learns_and_is_left_without_rounding(
    model: BertForSequenceClassification, pairs: Pairs, tmp_path: Path
) -> None:
    words = model.bert.embeddings.word_embeddings.weight.detach().clone()
    before = loss_of(model, pairs, examples())
    train(model, pairs, [examples()] * 80, tmp_path, silent, 3e-3, rounded=True)
    assert loss_of(model, pairs, examples()) < before / 2
    assert torch.equal(words, model.bert.embeddings.word_embeddings.weight)
    assert all(not module._forward_pre_hooks for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_rounding_is_that_of_one_pair_whatever_stands_beside_it(
    model: BertForSequenceClassification, pairs: Pairs
) -> None:
    rows = pairs.ids([(QUESTIONS[0], WINDOWS[0]), (QUESTIONS[1], WINDOWS[5] * 3)])
    rounding = Rounding(model.train(False))

    def scored(some: Sequence[list[int]]) -> list[float]:
        ids, mask = (torch.from_numpy(array) for array in padded(some))
        rounding.mask = mask.bool()
        with torch.no_grad():
            return list(map(float, model(input_ids=ids, attention_mask=mask).logits[:, 0]))

    assert scored(rows) == pytest.approx([*scored(rows[:1]), *scored(rows[1:])], abs=1e-4)
    rounded = scored(rows)
    rounding.end()
    assert scored(rows) != pytest.approx(rounded, abs=1e-6)


@exporter
def test_an_exported_model_can_be_trained_on(
    model: BertForSequenceClassification, pairs: Pairs, tmp_path: Path
) -> None:
    with torch.no_grad():
        for parameter in model.parameters():  # as training leaves them: no two are equal
            parameter.add_(torch.randn_like(parameter) * 0.02)
    export(model, tmp_path / "model.onnx")
    again = model_of(tmp_path / "model.onnx")
    asked = list(zip(QUESTIONS, WINDOWS, strict=False))
    assert scores(again, pairs, asked) == pytest.approx(scores(model, pairs, asked), abs=0.3)
    for name, weights in model.state_dict().items():
        assert (again.state_dict()[name] - weights).abs().max() <= weights.abs().max() / 100


def test_another_file_is_no_model_to_train_on(tmp_path: Path) -> None:
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "none", [], [])), tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"model\.onnx is no cross-encoder"):
        model_of(tmp_path / "model.onnx")
