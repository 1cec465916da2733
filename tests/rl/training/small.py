"""Courses of language policies in which a tiny model stands in for the embedded one."""

from shapley_coop.rl.policies.low_rank import adapter_tensors
from shapley_coop.rl.training.dialogue import course as dialogue
from shapley_coop.rl.training.imitation import course
from tests.rl.training.tiny import WORDS, tiny_student


class Letters:
    """A tokenizer of a few words."""

    eos_token_id = 0

    def __call__(self, text, add_special_tokens):
        return {"input_ids": [ord(letter) % WORDS for letter in text[:20]]}

    def apply_chat_template(self, messages, add_generation_prompt, return_dict):
        return [ord(letter) % WORDS for letter in messages[-1]["content"][-20:]]


def stand_in(monkeypatch, folder):
    """Let courses train the tiny model. No weights are looked at."""

    def student(base, device, rank, seed):
        return tiny_student(seed)

    monkeypatch.setattr(course.weights, "checked_location", lambda name: folder)
    for module in (course, dialogue):
        monkeypatch.setattr(module, "tokenizer_of", lambda base: Letters())
        monkeypatch.setattr(module, "student_of", student)
    # Adapters of the embedded model do not fit the tiny one.
    monkeypatch.setattr(
        dialogue,
        "read_gguf_adapter",
        lambda path, heads, key_heads: adapter_arrays(tiny_student()),
    )


def adapter_arrays(student):
    """Return the adapters of a student as a file would hold them."""
    tensors = adapter_tensors(student.adapters)
    return {name: tensor.numpy() for name, tensor in tensors.items()}
