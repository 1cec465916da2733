"""A model of the user's own through transformers: a local folder or a GGUF file, never fetched.

It answers in plain text, one request at a time. A schema is said in the prompt and not enforced.
"""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from shapley_coop.errors import InputError, ModelError
from shapley_coop.interfaces.model import (
    Backend,
    Finish,
    ModelRequest,
    Provider,
    Reply,
    Target,
    Usage,
)
from shapley_coop.llm.backends.liveness import Liveness
from shapley_coop.llm.chat.dialect import Dialect
from shapley_coop.llm.providers import not_installed
from shapley_coop.llm.thoughts import split_thinking


class TransformersBackend(Backend):
    """A causal language model with a chat template, loaded on the first request."""

    provider: ClassVar[Provider] = Provider(
        forms=("transformers/FOLDER or transformers/FILE.gguf",),
        named_model="always",
        names_file=True,
        packages=("torch",),
        requirement="shapley-coop[rl]",
    )

    def __init__(self, target: Target) -> None:
        self._target = target
        self._dialect = Dialect(target.model_copy(update={"output": "plain"}))
        self._lock = threading.Lock()
        self._model: Any = None
        self._tokenizer: Any = None

    async def answer(self, request: ModelRequest) -> Reply:
        """Answer one request. A call that nobody waits for is stopped at its next token."""
        try:
            async with Liveness(self._target.timeout) as life:
                return await asyncio.to_thread(self._answer, request, life)
        except TimeoutError:
            raise ModelError(
                f"model {request.model!r} was silent for {self._target.timeout:g} s; "
                "end other work on this machine, or raise model.timeout"
            ) from None

    async def close(self) -> None:
        """Wait for the call under way and free the model."""
        await asyncio.to_thread(self._free)

    def load(self) -> None:
        """Load the model unless it is loaded.

        Raises:
            InputError: the folder or file holds no model.
            ModelError: transformers is not installed or refuses the model.
        """
        if self._model is not None:
            return
        path = Path(self._target.file).expanduser()
        source = _source(path)
        try:
            import torch
            import transformers
        except ImportError as error:
            raise not_installed(f"model {str(path)!r}", self.provider, error) from error
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                **source, dtype=torch.float32
            )
            # Dropout and the like are for training.
            self._model = model.eval()
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise ModelError(
                f"transformers cannot load {str(path)!r}: {error}"
            ) from error
        if self._tokenizer.chat_template is None:
            raise ModelError(f"the tokenizer of {str(path)!r} has no chat template")

    def _answer(self, request: ModelRequest, life: Liveness) -> Reply:
        # One model generates for one request at a time. The others wait here.
        with self._lock:
            if life.is_over:
                raise ModelError("the call was given up before its turn", fatal=False)
            self.load()
            began = time.perf_counter()
            return self._generate(request, life, began)

    def _generate(self, request: ModelRequest, life: Liveness, began: float) -> Reply:
        import torch

        def is_over(*_: Any, **__: Any) -> torch.Tensor:
            life.sign()
            return torch.tensor([life.is_over])

        life.sign()

        prompt = self._tokenizer.apply_chat_template(
            self._dialect.body(request)["messages"],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )
        sampling = request.sampling
        drawing: dict[str, Any] = {"do_sample": False}
        if sampling.temperature > 0:
            drawing = {
                "do_sample": True,
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "top_k": 0,
            }
        tokenizer = self._tokenizer
        length = prompt["input_ids"].shape[1]
        # The seed is torch's global one, so it is set for this call and then put back.
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(sampling.seed)
            tokens = self._model.generate(
                **prompt,
                **drawing,
                max_new_tokens=sampling.max_tokens,
                pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id,
                stopping_criteria=[is_over],
            )
        answer = tokens[0, length:]
        decoded = tokenizer.decode(answer, skip_special_tokens=True)
        thinking, text = split_thinking(decoded)
        # An answer as long as allowed was cut unless its last token is one that ends answers.
        finish: Finish = "stop"
        if len(answer) >= sampling.max_tokens:
            complete = int(answer[-1]) in _end_tokens(self._model)
            finish = "stop" if complete else "length"
        return Reply(
            text=text,
            thinking=thinking,
            finish=finish,
            usage=Usage(prompt=length, completion=len(answer)),
            seconds=time.perf_counter() - began,
        )

    def _free(self) -> None:
        with self._lock:
            self._model = self._tokenizer = None


def _source(path: Path) -> dict[str, Any]:
    """Return what transformers is called with: a folder, or a folder and its GGUF file."""
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise InputError(f"folder {str(path)!r} holds no config.json, so no model")
        return {"pretrained_model_name_or_path": str(path), "local_files_only": True}
    if not path.is_file():
        raise InputError(
            f"there is no model at {str(path)!r}; give a folder or a GGUF file"
        )
    return {
        "pretrained_model_name_or_path": str(path.parent),
        "gguf_file": path.name,
        "local_files_only": True,
    }


def _end_tokens(model: Any) -> set[int]:
    ends = model.generation_config.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends}
