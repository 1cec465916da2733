"""Trained policies: one server, another adapter for every seat."""

import asyncio
import gc
import json

import numpy as np
import pytest

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import InputError
from shapley_coop.interfaces.model import Target
from shapley_coop.llm import specs
from shapley_coop.llm.backends import policy
from shapley_coop.llm.backends.policy import ADAPTER_FILE, CARD_FILE, PolicyBackend
from tests.fixtures.models import request_for

LAYERS, WIDTH, RANK = 30, 576, 1


def write_policy(folder, strength, base="smollm2"):
    """Write a policy whose adapter turns the model's attention by so much."""
    adapter_file = pytest.importorskip("shapley_coop.rl.policies.adapter_file")
    pytest.importorskip("gguf")
    rng = np.random.default_rng(0)
    arrays = {}
    for layer in range(LAYERS):
        name = f"blk.{layer}.attn_output"
        arrays[f"{name}.a"] = rng.normal(size=(RANK, WIDTH)).astype(np.float32)
        arrays[f"{name}.b"] = strength * rng.normal(size=(WIDTH, RANK)).astype(
            np.float32
        )
    folder.mkdir()
    adapter_file.write_gguf_adapter(
        folder / ADAPTER_FILE, arrays, alpha=1.0, heads=9, key_heads=3, name="test"
    )
    (folder / CARD_FILE).write_text(json.dumps({"base": base}))
    return folder


def backend_of(folder):
    target = Target(
        backend="policy", model=folder.name, endpoint="embedded", file=str(folder)
    )
    return PolicyBackend(target)


def test_two_adapters_of_one_server_answer_differently(tmp_path, embedded_model):
    asked = request_for("Name a colour.", temperature=0)

    async def answers():
        plain = await embedded_model.answer(asked)
        backends = [
            backend_of(write_policy(tmp_path / "nothing", 0.0)),
            backend_of(write_policy(tmp_path / "much", 0.3)),
        ]
        try:
            # In turns, so that an answer from the other's cached prompt would show.
            replies = [await backend.answer(asked) for backend in backends * 2]
            servers = {id(backend._server) for backend in backends}
        finally:
            for backend in backends:
                await backend.close()
        return plain.text, [reply.text for reply in replies], servers

    plain, texts, servers = asyncio.run(answers())
    assert texts[0] == texts[2] == plain
    assert texts[1] == texts[3] != plain
    assert len(servers) == 1


def test_a_policy_that_comes_after_the_start_has_a_server_of_its_own(
    tmp_path, monkeypatch
):
    served = []

    def serve(path, slots, adapters):
        served.append([adapter.parent.name for adapter in adapters])
        return object(), "", ""

    monkeypatch.setattr(policy, "serve", serve)
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF")
    first, second = (
        backend_of(write_policy(tmp_path / name, 0.0, base=str(base)))
        for name in ("first", "second")
    )
    first.load()
    second.load()
    third = backend_of(write_policy(tmp_path / "third", 0.0, base=str(base)))
    third.load()
    assert served == [["first", "second"], ["third"]]
    assert third._extra_fields() == {"lora": [{"id": 0, "scale": 1.0}]}
    assert second._extra_fields()["lora"][1] == {"id": 1, "scale": 1.0}
    for backend in (first, second, third):
        asyncio.run(backend.close())


def test_a_server_that_no_policy_uses_is_let_go(tmp_path):
    base = tmp_path / "base.gguf"
    backend = backend_of(write_policy(tmp_path / "only", 0.0, base=str(base)))
    bases = [name for name, _ in policy._SERVERS]
    assert str(base) in bases
    del backend
    gc.collect()
    bases = [name for name, _ in policy._SERVERS]
    assert str(base) not in bases


def test_a_policy_that_comes_during_the_start_has_a_server_of_its_own(
    tmp_path, monkeypatch
):
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF")
    late = write_policy(tmp_path / "late", 0.0, base=str(base))
    came: list = []

    def serve(path, slots, adapters):
        # As another thread would do it.
        if not came:
            came.append(backend_of(late))
        return object(), "", ""

    monkeypatch.setattr(policy, "serve", serve)
    first = backend_of(write_policy(tmp_path / "first", 0.0, base=str(base)))
    first.load()
    assert len(first._shared.adapters) == 1
    assert came[0]._shared is not first._shared
    for backend in (first, came[0]):
        asyncio.run(backend.close())


def test_policies_that_want_other_places_share_no_server(tmp_path):
    base = str(tmp_path / "base.gguf")
    folder = write_policy(tmp_path / "one", 0.0, base=base)
    few, many = (
        PolicyBackend(
            Target(
                backend="policy",
                model="one",
                endpoint="embedded",
                file=str(folder),
                concurrency=places,
            )
        )
        for places in (1, 8)
    )
    assert few._shared is not many._shared


@pytest.mark.parametrize("form", ["policy:{}", "policy/{}"])
def test_a_home_that_nobody_has_holds_no_policy(form):
    spec = form.format("~nobody-is-called-so/mine")
    target = specs.target(spec, ModelSettings())
    with pytest.raises(InputError, match="is no trained policy"):
        policy.weights_of(target)
    with pytest.raises(InputError, match="is no trained policy"):
        policy.card_of(policy.folder_of(f"policy:{target.file}"))


@pytest.mark.parametrize("form", ["policy:{}", "policy/{}"])
def test_the_weights_of_a_policy_are_those_of_its_base(form, tmp_path):
    folder = write_policy(tmp_path / "one", 0.0)
    spec = form.format(folder)
    assert policy.weights_of(specs.target(spec, ModelSettings())) == "smollm2"
    coop = specs.target("smollm2-coop", ModelSettings())
    assert policy.weights_of(coop) == "smollm2"
    served = specs.target("http://127.0.0.1:1/v1#smollm2", ModelSettings())
    assert policy.weights_of(served) == ""


@pytest.mark.parametrize(
    ("card", "says"),
    [
        (None, "is no trained policy"),
        ("{}", "names no base"),
        ("[", "cannot be read"),
        ("[]", "and no table"),
    ],
)
def test_a_folder_without_a_card_is_refused_before_play(tmp_path, card, says):
    if card is not None:
        (tmp_path / CARD_FILE).write_text(card)
    with pytest.raises(InputError, match=says):
        backend_of(tmp_path)
