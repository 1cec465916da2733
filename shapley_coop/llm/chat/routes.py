"""How a request reaches its endpoint: straight or through a proxy, and whose word is trusted.

The environment says so in the variables that other programs read too. What cannot work is refused
here, before a run is made.
"""

from __future__ import annotations

import os
import ssl
from functools import cache
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from shapley_coop.errors import ConfigError
from shapley_coop.llm.chat.addresses import read_address

CERTIFICATES = "SSL_CERT_FILE"
CERTIFICATE_FOLDER = "SSL_CERT_DIR"
_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https", "socks5", "socks5h")


class Route(NamedTuple):
    """The way to one host."""

    proxy: str = ""
    """URL of the proxy, its login included. Empty means that there is none."""
    proxy_words: str = ""
    """The proxy without its login, and the variable that names it, for messages."""
    certificates: ssl.SSLContext | None = None
    """Who is trusted to say that a host is itself. None where nothing is encrypted."""


def route_of(endpoint: str) -> Route:
    """Return the way to an endpoint, by the environment.

    Raises:
        ConfigError: a variable names a proxy or a file of certificates that cannot be used.
    """
    parts = urlsplit(endpoint)
    variable, address = _proxy_variable(parts.scheme)
    encrypted = parts.scheme == "https"
    if not address or _goes_straight(parts):
        return Route(certificates=_trusted() if encrypted else None)
    proxy = _proxy_parts(variable, address, parts.hostname or endpoint)
    words = f"{proxy.scheme}://{proxy.hostname}:{proxy.port} ({variable})"
    encrypted = encrypted or proxy.scheme == "https"
    return Route(proxy.geturl(), words, _trusted() if encrypted else None)


def _proxy_variable(scheme: str) -> tuple[str, str]:
    """Return the variable that names the proxy of a scheme, and its value."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        # Where both spellings are set, other programs take the small letters.
        for variable in (name, name.upper()):
            address = os.environ.get(variable, "").strip()
            if address:
                return variable, address
    return "", ""


def _proxy_parts(variable: str, address: str, host: str) -> SplitResult:
    if "://" not in address:
        address = f"http://{address}"
    remedy = f"set it to http://HOST:PORT, or add {host} to NO_PROXY"
    try:
        parts = read_address(address)
        # The desktop's usual word for the newest version of the protocol.
        if parts.scheme == "socks":
            parts = parts._replace(scheme="socks5")
        usable = parts.scheme in _SCHEMES
        port = parts.port
    except ValueError:
        usable = False
    if not usable:
        # The address may hold a password, so it is not repeated.
        raise ConfigError(
            f"{variable} names no proxy of a kind that is known "
            f"({', '.join(_SCHEMES)}) at an address that can be reached; {remedy}"
        )
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(
            f"{variable} names a SOCKS proxy, which needs the package socksio; run: "
            f"pip install 'httpx[socks]', or {remedy}"
        )
    if port is None:
        port = _PORTS.get(parts.scheme, 1080)
        parts = parts._replace(netloc=f"{parts.netloc}:{port}")
    return parts


def _goes_straight(parts: SplitResult) -> bool:
    """Return whether no proxy stands before a host."""
    host = (parts.hostname or "").rstrip(".")
    # From a proxy, the address of this machine would be the proxy's own.
    if host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        return True
    port = parts.port or _PORTS[parts.scheme]
    value = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    entries = value.replace(",", " ").split()
    return any(_entry_matches(entry.lower(), host, port) for entry in entries)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _entry_matches(entry: str, host: str, port: int) -> bool:
    """Return whether an entry of NO_PROXY is about a host.

    An entry is `*`, a name or the end of one, an address or a range of them, with a port or not.
    """
    if entry == "*":
        return True
    # People paste URLs.
    entry = entry.rpartition("://")[2].rstrip("/")
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        # One of them is no address, or has a port behind it.
        pass
    name, _, wanted_port = entry.rpartition(":")
    if name and wanted_port.isdecimal():
        if int(wanted_port) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").strip(".")
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted, by the variables of OpenSSL.

    Raises:
        ConfigError: a variable names what does not exist or holds no certificate.
    """
    file = os.environ.get(CERTIFICATES, "").strip()
    folder = os.environ.get(CERTIFICATE_FOLDER, "").strip()
    if file and not Path(file).is_file():
        raise ConfigError(
            f"{CERTIFICATES} names {file!r}, which is no file; unset it, or set it to a file "
            "of certificates"
        )
    if folder and not Path(folder).is_dir():
        raise ConfigError(
            f"{CERTIFICATE_FOLDER} names {folder!r}, which is no folder; unset it, or set it to "
            "a folder of certificates"
        )
    return _context(file, folder)


@cache
def _context(file: str, folder: str) -> ssl.SSLContext:
    # Reading the usual certificates takes longer than a call, so all connections share them.
    if not file and not folder:
        import certifi

        file = certifi.where()
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"the certificates in {file or folder!r} cannot be read ({error}); set "
            f"{CERTIFICATES} to a file of certificates in PEM form, or unset it"
        ) from error
