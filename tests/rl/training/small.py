"""A course of imitation in which a tiny model stands in for the embedded one."""

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
    monkeypatch.setattr(course.weights, "checked_location", lambda name: folder)
    monkeypatch.setattr(course, "tokenizer_of", lambda base: Letters())
    monkeypatch.setattr(
        course, "student_of", lambda base, device, rank, seed: tiny_student(seed)
    )
