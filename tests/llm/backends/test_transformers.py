"""A model folder of the user's own: a tiny one with random weights, made here."""

import asyncio
import json
import threading

import pytest

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import InputError, ModelError
from shapley_coop.llm import specs
from shapley_coop.llm.backends.transformers import TransformersBackend
from tests.fixtures.models import OFFER, request_for

TEMPLATE = (
    "{% for message in messages %}{{ message.content }} {% endfor %}"
    "{% if add_generation_prompt %}a{% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    path = tmp_path_factory.mktemp("tiny")
    words = {
        letter: number for number, letter in enumerate("?. abcdefghijklmnopqrstuvwxyz")
    }
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="?"))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="?", eos_token=".", pad_token="."
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(path)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    config = transformers.LlamaConfig(
        vocab_size=len(words), num_attention_heads=2, num_key_value_heads=2, **shape
    )
    config.eos_token_id = config.pad_token_id = words["."]
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


def ask(path, *requests):
    async def main():
        backend = specs.open_backend(
            specs.target(f"transformers/{path}", ModelSettings(timeout=120))
        )
        out = [await backend.answer(request) for request in requests]
        await backend.close()
        return out

    return asyncio.run(main())


def test_folder_answers_and_equal_seeds_agree(folder):
    one, same, other = ask(
        folder,
        *(request_for("hello there", seed=seed, max_tokens=30) for seed in (1, 1, 2)),
    )
    assert one.text == same.text != other.text
    assert one.usage.prompt == len("hello there a")
    assert 1 <= one.usage.completion <= 30
    (cut,) = ask(folder, request_for("hello", seed=1, max_tokens=1))
    assert cut.finish == "length"


def test_schema_is_said_in_the_prompt(folder):
    (reply,) = ask(folder, request_for("hi", schema=OFFER, max_tokens=2))
    assert reply.usage.prompt > len(json.dumps(OFFER))


@pytest.mark.parametrize("there", [True, False])
def test_no_model_there(tmp_path, there):
    path = tmp_path if there else tmp_path / "none"
    with pytest.raises(InputError, match=r"no config\.json|no model at"):
        ask(path, request_for())


def test_a_model_that_is_stuck_ends_the_run(folder, monkeypatch):
    let_go = threading.Event()

    def stuck(self, request, life, began):
        life.sign()
        let_go.wait(60)

    monkeypatch.setattr(TransformersBackend, "_generate", stuck)

    async def main():
        settings = ModelSettings(timeout=0.2)
        backend = specs.open_backend(specs.target(f"transformers/{folder}", settings))
        with pytest.raises(ModelError, match=r"was silent for 0\.2 s") as silence:
            await backend.answer(request_for("hello"))
        let_go.set()
        await backend.close()
        # Whoever asks next would wait behind it for ever.
        assert silence.value.fatal

    asyncio.run(main())
