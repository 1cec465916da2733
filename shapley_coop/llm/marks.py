"""Marks by which chat templates tell turns and roles apart, made harmless in what is only text.

A tokenizer turns such a mark into one token that no letters can spell, whoever wrote it. With a
blank inside it is read as the letters that it is made of.
"""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"<(?=[|｜])|(?<=[|｜])>"  # ChatML, Llama 3, Phi, Harmony, DeepSeek and Cohere
    r"|<(?=/?[a-z]+(?:_[a-z0-9]+)+>)"  # Gemma, T5, code models
    r"|<(?=/?[A-Z]+(?:_[A-Z0-9]+)+>)"  # Cohere, NeMo
    r"|<(?=/?(?:bos|eos|pad|unk|mask|sep|cls|filename|reponame|unused\d+)>)"
    r"|<(?=/?(?:sop|eop|sot|eot|image|audio|video)>)"  # GLM, LLaVA and their kin
    r"|<(?=0x[0-9A-Fa-f]{2}>)"  # bytes, in every vocabulary of SentencePiece
    r"|<(?=</?SYS>>)|(?<=SYS>)>"  # Llama 2
    r"|\[(?=/?[A-Z]{3,}(?:_[A-Z]+)*\])|\[(?=[gs]MASK\])"  # Llama 2, Mistral, BERT, GLM
    r"|\](?=~!?b[\[\]])|\[(?=e~\[)"  # MiniMax
)
_TAGS = re.compile(r"<(?=/?[A-Za-z_])")
"""The beginning of any tag. Prompts use a few, and a seat's words must not open or close them."""


def split_tokens(text: str) -> str:
    """Return a text in which every mark of a chat template has a blank inside."""
    # Nearly no text holds one, and these letters are found quickly.
    if not any(letter in text for letter in "<[]>"):
        return text
    return _TOKENS.sub(_with_blank, text)


def split_tags(text: str) -> str:
    """Return a stranger's text in which every mark of a chat template or tag has a blank inside."""
    return _TAGS.sub("< ", split_tokens(text))


def _with_blank(match: re.Match[str]) -> str:
    mark = match[0]
    return f" {mark}" if mark == ">" else f"{mark} "
