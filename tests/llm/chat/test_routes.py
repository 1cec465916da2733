"""What an endpoint is sent and which way it goes, by the environment: hosts, keys, proxies."""

import asyncio
import json

import pytest

from shapley_coop.cli import main as cli
from shapley_coop.errors import ConfigError
from shapley_coop.llm.backends.openai import OpenAIBackend
from shapley_coop.llm.chat import routes
from shapley_coop.llm.chat.keys import headers_of
from shapley_coop.llm.chat.routes import route_of
from tests.fixtures.models import completion, http, request_for

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
OPENAI_ONLY = {
    "OPENAI_API_KEY": "sk-canary-openai-123456",
    "OPENAI_ORG_ID": "org-canary",
    "OPENAI_PROJECT_ID": "proj-canary",
    "OPENAI_CUSTOM_HEADERS": "X-Gateway-Token: canary-header\n\nX-Two: canary-2",
}


@pytest.mark.parametrize("name", ["Content-Length", "host", "Transfer-Encoding"])
def test_no_variable_says_how_a_request_travels(name, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-openai-123456")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-A: b\n{name}: 3")
    with pytest.raises(ConfigError, match=f"holds {name}.*take the line out"):
        headers_of("https://api.openai.com/v1")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in (
        *VARIABLES,
        *map(str.lower, VARIABLES),
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ):
        monkeypatch.delenv(name, raising=False)


def heard_by(server, target):
    async def once():
        backend = OpenAIBackend(target)
        await backend.answer(request_for())
        await backend.close()

    server.answers = [http(completion())]
    asyncio.run(once())
    return server.heard[-1].partition(b"\r\n\r\n")[0].decode().lower()


def test_nothing_of_openais_goes_to_another_host(server, at, monkeypatch):
    for name, value in OPENAI_ONLY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SHAPLEY_COOP_API_KEY", raising=False)
    assert "canary" not in heard_by(server, at(server.url))
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", "  ours-1234\n")
    assert (
        "authorization: bearer ours-1234\r\n"
        in heard_by(server, at(server.url)) + "\r\n"
    )
    # The host that takes OpenAI's place is sent all of it.
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    head = heard_by(server, at(server.url))
    for value in ("sk-canary-openai-123456", "org-canary", "proj-canary", "canary-2"):
        assert value in head
    assert "x-gateway-token: canary-header" in head


def test_openais_key_does_not_go_unencrypted(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.delenv("SHAPLEY_COOP_API_KEY", raising=False)
    assert "sk-canary" in headers_of("https://api.openai.com/v1")["Authorization"]
    assert headers_of("http://api.openai.com/v1") == {}


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("first\nsecond", "a line break at character 6"),
        ("“quoted”", "a character outside ASCII at character 1"),
        ("dash—ed", "outside ASCII at character 5"),
        ("nul\x07", "a control character at character 4"),
    ],
)
def test_a_key_that_no_header_may_hold_is_refused_before_a_run_is_made(
    key, says, server, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHAPLEY_COOP_API_KEY", key)
    with pytest.raises(SystemExit) as ended:
        cli.main(["play", "escape-room", "--model", f"{server.url}#m"])
    said = "".join(capsys.readouterr())
    assert ended.value.code == 2
    assert says in said
    assert key not in said
    assert server.heard == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("no_proxy", "host", "straight"),
    [
        ("", "example.org", False),
        ("*", "example.org", True),
        ("example.org", "example.org", True),
        ("EXAMPLE.org", "api.example.org", True),
        (".example.org", "api.example.org", True),
        ("*.example.org", "api.example.org", True),
        ("ample.org", "example.org", False),
        ("example.org:8000", "example.org:8000", True),
        ("example.org:8001", "example.org:8000", False),
        ("http://example.org/", "example.org", True),
        ("a.org , example.org", "example.org", True),
        ("192.0.2.0/24", "192.0.2.77", True),
        ("192.0.2.7", "192.0.2.77", False),
        ("fe80::/10", "[fe80::1]", True),
        ("[2001:db8::1]", "[2001:db8::1]:8000", True),
        ("2001:db8::1", "[2001:db8::2]", False),
        ("[2001:db8::1]:8000", "[2001:db8::1]:8000", True),
        ("[::1]", "example.org", False),
        ("fe80::/10", "example.org", False),
        ("", "127.0.0.1:8000", True),
        ("", "localhost:8000", True),
        ("", "[::1]:8000", True),
        ("", "127.255.0.1", True),
    ],
)
def test_no_proxy_in_every_form(no_proxy, host, straight, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://user:canary@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    route = route_of(f"http://{host}/v1")
    assert (route.proxy == "") == straight
    assert "canary" not in route.proxy_words
    if not straight:
        assert route.proxy_words == "http://proxy.example:3128 (ALL_PROXY)"


@pytest.mark.parametrize("address", ["socks5://p:1080", "socks://p", "socks5h://p:1"])
def test_a_socks_proxy_needs_its_package_or_is_refused(address, monkeypatch):
    monkeypatch.setenv("all_proxy", address)
    monkeypatch.setattr(routes, "find_spec", lambda _: None)
    with pytest.raises(
        ConfigError, match=r"all_proxy names a SOCKS proxy.*httpx\[socks\]"
    ):
        route_of("http://example.org/v1")
    monkeypatch.setattr(routes, "find_spec", lambda _: object())
    route = route_of("http://example.org/v1")
    assert route.proxy.startswith("socks5")
    # A server on this machine needs no proxy.
    monkeypatch.setattr(routes, "find_spec", lambda _: None)
    assert route_of("http://127.0.0.1:8000/v1").proxy == ""


@pytest.mark.parametrize(
    "address",
    [
        "ftp://p:1",
        "http://p:abc",
        "http://[::1",
        "http://",
        "http://p:0",
        "http://p:99999",
        "http://p q:1",
        "http://p:1\nX: y",
        f"http://{'p' * 70}:1",
    ],
)
def test_a_proxy_that_is_none_is_refused(address, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ConfigError, match="HTTPS_PROXY names no proxy"):
        route_of("https://example.org/v1")
    assert route_of("http://example.org/v1").proxy == ""


def test_certificates_that_are_gone_are_refused_only_where_they_are_needed(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    assert route_of("http://127.0.0.1:8000/v1").certificates is None
    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names .*no file"):
        route_of("https://example.org/v1")
    (tmp_path / "gone.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot be read"):
        route_of("https://example.org/v1")
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="SSL_CERT_DIR"):
        route_of("https://example.org/v1")
    monkeypatch.delenv("SSL_CERT_DIR")
    assert route_of("https://example.org/v1").certificates is not None


def test_a_proxy_is_used_and_named_where_it_is_down(server, at, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    head = heard_by(server, at("http://model.example/v1"))
    assert head.startswith("post http://model.example/v1/chat/completions ")


def test_a_dead_proxy_is_named(at, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HTTP_PROXY", "http://user:canary@127.0.0.1:9")
    command = ["play", "escape-room", "--model", "http://model.example/v1#m"]
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--set", "model.retry_seconds=0.001"])
    said = "".join(capsys.readouterr())
    assert ended.value.code == 1
    assert "the proxy http://127.0.0.1:9 (HTTP_PROXY)" in said
    assert "canary" not in said
    assert (
        json.loads(next(tmp_path.rglob("run.json")).read_text())["status"] == "failed"
    )


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("http://127.0.0.1:99999/v1#m", "is none (Port out of range"),
        ("http://127.0.0.1:abc/v1#m", "is none (Port could not be cast"),
        ("http://[::1/v1#m", "is none (Invalid IPv6 URL)"),
        ("localhost:11434#m", "write http://localhost:11434#m"),
        ("http://127.0.0.1:0/v1#m", "no port that can be reached"),
    ],
)
def test_a_url_that_is_none_is_refused_before_a_run_is_made(
    spec, says, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(["play", "escape-room", "--model", spec])
    assert ended.value.code == 2
    assert says in "".join(capsys.readouterr())
    assert list(tmp_path.iterdir()) == []
