"""Attacks on the network. Each returns what it got hold of, if it got out."""

import contextlib
import os
import socket
import urllib.request


def tcp(prey):
    with socket.create_connection(("127.0.0.1", prey["tcp"]), 0.5) as way:
        return way.recv(100)


def tcp_by_name(prey):
    with socket.create_connection(("localhost", prey["tcp"]), 0.5) as way:
        return way.recv(100)


def tcp_over_ipv6(prey):
    with socket.socket(socket.AF_INET6) as way:
        way.settimeout(0.5)
        # An address of the old protocol inside the new one.
        way.connect(("::ffff:127.0.0.1", prey["tcp"]))
        return way.recv(100)


def tcp_without_waiting(prey):
    with socket.socket() as way:
        way.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            way.connect(("127.0.0.1", prey["tcp"]))
        way.settimeout(0.5)
        return way.recv(100)


def tcp_by_fast_open(prey):
    with socket.socket() as way:
        way.settimeout(0.5)
        way.sendto(b"hello", socket.MSG_FASTOPEN, ("127.0.0.1", prey["tcp"]))
        return way.recv(100)


def udp(prey):
    with socket.socket(type=socket.SOCK_DGRAM) as way:
        way.settimeout(0.5)
        way.sendto(b"hello", ("127.0.0.1", prey["udp"]))
        return way.recv(100)


def dns_tunnel(prey):
    question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x06stolen\x07example\0\0\x01\0\x01"
    with socket.socket(type=socket.SOCK_DGRAM) as way:
        way.settimeout(0.5)
        way.connect(("127.0.0.1", prey["udp"]))
        way.send(question)
        return way.recv(100)


def proxy_variables(prey):
    os.environ["http_proxy"] = f"http://127.0.0.1:{prey['tcp']}"
    with urllib.request.urlopen("http://192.0.2.1/", timeout=0.5) as answer:
        return answer.read()


def http(prey):
    address = f"http://127.0.0.1:{prey['tcp']}/"
    with urllib.request.urlopen(address, timeout=0.5) as answer:
        return answer.read()


def abstract_socket(prey):
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(0.5)
        way.connect("\0" + prey["abstract"])
        return way.recv(100)


def abstract_datagram(prey):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.sendto(b"hello", "\0" + prey["abstract_datagram"])
        return True


def named_socket(prey):
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(0.5)
        way.connect(prey["named"])
        return way.recv(100)


def named_datagram(prey):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.sendto(b"hello", prey["named_datagram"])
        return True


def datagram_from_a_pair(prey):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"hello", prey["named_datagram"])
        return True


def abstract_datagram_from_a_pair(prey):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"hello", "\0" + prey["abstract_datagram"])
        return True


def server(prey):
    with socket.create_server(("0.0.0.0", prey["free_port"])) as door:
        door.settimeout(0.4)
        visitor, _ = door.accept()
        visitor.close()
        return True


def packets_of_all(prey):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as ear:
        ear.settimeout(0.4)
        return ear.recv(100)


ATTACKS = (
    *(tcp, tcp_by_name, tcp_over_ipv6, tcp_without_waiting, tcp_by_fast_open),
    *(udp, dns_tunnel, proxy_variables, http, abstract_socket, abstract_datagram),
    *(named_socket, named_datagram, datagram_from_a_pair),
    *(abstract_datagram_from_a_pair, server, packets_of_all),
)
