"""Keys in sixty spellings: masked in every text, and found nowhere that a run writes or prints."""

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from shapley_coop.cli import main as cli
from shapley_coop.llm.secrets import MASK, redact
from shapley_coop.llm.spellings import Spellings, normal_text
from shapley_coop.records.words import clean
from tests.fixtures.models import completion, http

KEY = "sk/canary+5f0a9c7e21=Zq"
WORDS = 'canary "four" with\\spaces 99'
FOREIGN = "clé-canari-äöü-漢字-\U0001f511-77"


def every(text, form):
    return "".join(form.format(ord(character)) for character in text)


def split(text, mark, size=5):
    return mark.join(text[i : i + size] for i in range(0, len(text), size))


def encoded(key, before):
    return base64.b64encode((before + key + "!").encode()).decode()


def units(text):
    data = text.encode("utf-16-be")
    return "".join(f"\\u{data[i : i + 2].hex()}" for i in range(0, len(data), 2))


def percent(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


SPELLINGS = {
    "as it is": lambda key: key,
    "white space around": lambda key: f"\n {key}\t",
    "JSON": json.dumps,
    "JSON with letters outside ASCII": lambda key: json.dumps(key, ensure_ascii=False),
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON in JSON in JSON": lambda key: json.dumps(json.dumps(json.dumps(key))),
    "repr": repr,
    "repr of bytes": lambda key: repr(key.encode()),
    "ascii": ascii,
    "every letter as \\u": units,
    "every byte as \\x": lambda key: "".join(f"\\x{b:02x}" for b in key.encode()),
    "every byte in octal": lambda key: "".join(f"\\{b:03o}" for b in key.encode()),
    "every letter as \\u{}": lambda key: every(key, "\\u{{{:x}}}"),
    "every letter as \\U": lambda key: every(key, "\\U{:08x}"),
    "URL": quote,
    "URL, slashes too": lambda key: quote(key, safe=""),
    "URL twice": lambda key: quote(quote(key, safe="")),
    "every byte in percent": percent,
    "HTML": html.escape,
    "every letter as an entity": lambda key: every(key, "&#{};"),
    "every letter as a hexadecimal entity": lambda key: every(key, "&#x{:x};"),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 behind one letter": lambda key: encoded(key, "u"),
    "base64 behind two letters": lambda key: encoded(key, "u:"),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 in lines": lambda key: split(encoded(key, "user:"), "\n", 16),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal in capitals": lambda key: key.encode().hex().upper(),
    "bytes as Latin-1": lambda key: key.encode().decode("latin-1"),
    "split over lines": lambda key: split(key, "\n"),
    "split over lines of JSON": lambda key: json.dumps(split(key, "\n")),
    "split over lines of Windows": lambda key: split(key, "\r\n"),
    "split by blanks": lambda key: split(key, " "),
    "split by tabs": lambda key: split(key, "\t"),
    "split by quotation marks": lambda key: split(key, '" "'),
    "split by a sum of texts": lambda key: split(key, "' + '"),
    "split by spaces of no width": lambda key: split(key, "\u200b"),
    "split by soft hyphens": lambda key: split(key, "\u00ad"),
    "every letter apart": lambda key: split(key, " ", 1),
    "in backticks": lambda key: f"`{key}`",
    "as a bearer": lambda key: f"Authorization: Bearer {key}",
    "in a URL": lambda key: f"https://user:{quote(key, safe='')}@host/v1?k={key}",
    "in a sentence": lambda key: f"My key is {key}, keep it.",
    "twice in a row": lambda key: key + key,
}  # fmt: skip
KEYS = {"A_KEY": KEY, "B_SECRET": WORDS, "C_TOKEN": FOREIGN}
CASES = [(name, variable) for variable in KEYS for name in SPELLINGS]


@pytest.fixture
def keys(monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def spells_a_key(text):
    """Return whether a text holds one of the keys in any spelling."""
    return Spellings(list(KEYS.values())).replace(text, "") != text


def test_there_are_more_than_sixty_spellings():
    assert len(CASES) >= 60


@pytest.mark.parametrize(("name", "variable"), CASES)
def test_every_spelling_is_masked(name, variable, keys):
    spelled = SPELLINGS[name](KEYS[variable])
    masked = redact(f"before {spelled} after")
    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    # No half of it stays either.
    plain = normal_text(masked)
    for half in (KEYS[variable][:10], KEYS[variable][-8:]):
        assert normal_text(half) not in plain


UNSEEN = {
    "left to right": "\u200e",
    "right to left": "\u202e",
    "invisible times": "\u2062",
    "vowel separator": "\u180e",
    "tag": "\U000e0041",
    "private": "\ue000",
    "bell": "\x07",
    "back": "\x08",
    "delete": "\x7f",
    "next line": "\x85",
    "line separator": "\u2028",
    "thin blank": "\u2009",
    "wide blank": "\u3000",
    "colour": "\x1b[0m",
    "hyperlink": "\x1b]8;;x\x07",
    "one byte": "\x9b1m",
}


@pytest.mark.parametrize("variable", KEYS)
@pytest.mark.parametrize("name", UNSEEN)
def test_a_key_that_is_whole_once_shown_is_masked_before(name, variable, keys):
    """What people are shown has lost whatever is not seen, which puts a key together again."""
    spelled = split(KEYS[variable], UNSEEN[name])
    for text in (spelled, json.dumps(spelled), json.dumps({"say": f"a {spelled} b"})):
        for shown in (clean(redact(text)), redact(clean(text))):
            assert not spells_a_key(shown)
            assert MASK in shown


def test_the_login_of_a_proxy_is_a_secret(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://bob:S3cretPassw0rd@127.0.0.1:1")
    for text in ("407 for bob:S3cretPassw0rd", "wrong: S3cretPassw0rd"):
        assert "S3cret" not in redact(text)


def test_masked_json_is_json_still(keys):
    said = {"say": f"it is {KEY}", "why": WORDS, "next": FOREIGN}
    for text in (json.dumps(said), json.dumps(said, ensure_ascii=False)):
        assert json.loads(redact(text)) == {
            "say": f"it is {MASK}",
            "why": MASK,
            "next": MASK,
        }


def test_what_is_no_key_is_left_alone(keys):
    text = json.dumps({"say": "50 % of 3\n\u2026 is \\u0041 & more"}, indent=1)
    assert redact(text) == text


@pytest.mark.parametrize("variable", KEYS)
def test_no_spelling_is_found_in_what_a_run_writes_or_prints(
    variable, keys, server, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", KEY)
    spelled = [SPELLINGS[name](KEYS[variable]) for name, of in CASES if of == variable]
    everything = " ; ".join(spelled)
    body = json.dumps({"error": {"message": everything}}).encode()
    act = json.dumps({"reason": everything, "action": "door"})
    server.answers = [
        http(completion(act)),
        http(completion(f"<think>{everything}</think>{everything}")),
        http(completion(json.dumps({"move": {"kind": "halt", "say": everything}}))),
        http(completion(act).replace(b'"m"', json.dumps(everything).encode())),
        http(everything.encode()),
        http(body, "500 Server Error"),
        http(body),
        http(body, "401 Unauthorized"),
    ]  # fmt: skip
    command = [
        "play",
        "escape-room",
        "--model",
        f"{server.url}#m",
        "-n",
        "4",
        "--cache",
    ]
    monkeypatch.setenv("SHAPLEY_COOP_CACHE", str(tmp_path / "cache"))
    with pytest.raises(SystemExit):
        cli.main([*command, "--set", "model.retry_seconds=0.01"])
    assert KEY.encode() in server.heard[0]  # it was really sent
    said = "".join(capsys.readouterr())
    assert MASK in said
    assert not spells_a_key(said)
    files = [path for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert any(path.name == "calls.jsonl" for path in files)
    for path in files:
        assert not spells_a_key(path.read_text(errors="replace")), path


def test_a_key_as_the_name_of_a_model_is_refused(keys, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in (KEY, f"http://127.0.0.1:1/v1#{KEY}", "openai/sk-abcdefghijklmnop"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["play", "escape-room", "--model", name])
        assert ended.value.code == 2
        said = "".join(capsys.readouterr())
        assert "holds a key" in said
        assert not spells_a_key(said)
    assert not list(tmp_path.rglob("config.toml"))
