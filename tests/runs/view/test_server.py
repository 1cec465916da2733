"""The server: what it lists, opens and refuses, and how it follows and forks."""

import json
import threading
import time

import pytest

import shapley_coop as sc
from shapley_coop.cli.runs.view import RecordedForks
from shapley_coop.runs.view.catalogue import Catalogue
from tests.runs.report.html.browser import Watched, open_browser

testclient = pytest.importorskip("starlette.testclient")
uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("altair")

from shapley_coop.runs.view.server import application  # noqa: E402

HOSTS = ["127.0.0.1", "localhost"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    for agent in ("rational", "selfish"):
        run = sc.play("escape-room", agent=agent, protocol="talk", runs_dir=runs)
        # Runs of one second are told apart by chance, and these are to be in order.
        run.path.rename(runs / f"{agent}-run")
    return runs


@pytest.fixture
def client(folder):
    app = application(folder, RecordedForks(), HOSTS)
    return testclient.TestClient(app, base_url="http://127.0.0.1")


def names(folder):
    return Catalogue(folder).names()


def test_runs_are_listed_as_json_the_newest_first(client, folder):
    rows = client.get("/api/runs").json()
    assert [row["run"] for row in rows] == sorted(names(folder), reverse=True)
    assert {row["game"] for row in rows} == {"escape-room"}
    assert {row["status"] for row in rows} == {"done"}


def test_the_list_is_filtered(client):
    assert len(client.get("/api/runs?q=ESCAPE+done").json()) == 2
    assert client.get("/api/runs?q=raid").json() == []
    assert "No run matches" in client.get("/?q=raid").text


def test_a_report_opens(client, folder):
    page = client.get(f"/runs/{names(folder)[0]}")
    assert page.status_code == 200
    assert "Outcome" in page.text
    assert page.headers["x-frame-options"] == "DENY"


def test_two_runs_are_compared(client, folder):
    first, second = names(folder)
    page = client.get(f"/compare?run={first}&run={second}").text
    assert "Settings that differ" in page
    assert "2 runs side by side" in page
    assert "The first event that differs is number" in page
    assert f"What {second} has more of than {first}" in page


def test_a_fork_tells_what_follows(client, folder):
    run = "rational-run"
    page = client.get(f"/runs/{run}/fork?at=e0.s0&set=player_1%3Ddoor").text
    assert "What follows" in page
    assert "-1.00" in page


def test_a_fork_that_cannot_be_made_is_told_on_its_page(client, folder):
    page = client.get(f"/runs/{names(folder)[0]}/fork?at=e0.s9&set=player_1%3Ddoor")
    assert page.status_code == 200
    assert "has no step 9" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/runs/..%2f..%2fetc%2fpasswd",
        "/runs/%2e%2e",
        "/runs/.",
        "/runs/no-such-run",
        "/runs/%00",
        "/runs/a%5cb",
        "/runs/..%5c..",
        "/runs/%2fetc",
        "/compare?run=../x&run=../y",
        "/runs/no-such-run/events",
        "/runs/no-such-run/live",
        "/runs/no-such-run/fork",
    ],
)
def test_nothing_outside_the_folder_is_read(client, path):
    assert client.get(path).status_code == 404


def test_a_comparison_needs_two(client, folder):
    assert client.get(f"/compare?run={names(folder)[0]}").status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_refused(client, host):
    assert client.get("/api/runs", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
def test_another_sites_page_is_refused(client, headers):
    assert client.get("/runs/rational-run/fork", headers=headers).status_code == 403


def test_a_link_of_another_site_may_be_followed(client):
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/runs/rational-run", headers=headers).status_code == 200


def test_a_fork_offers_what_a_seat_could_have_done(client):
    page = client.get("/runs/rational-run/fork").text
    assert "What seats do at e0.s0" in page
    assert '<option value="player_1=door">door</option>' in page
    assert '<option value="">lever, as it was</option>' in page
    assert '<option value="player_0=unsigned">' in page


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_written(client, folder, method):
    for path in ("/", "/api/runs", f"/runs/{names(folder)[0]}"):
        assert getattr(client, method)(path).status_code == 405


def test_damaged_runs_hide_no_others(tmp_path):
    for name, content in (
        ("a", "{"),
        ("b", "[]"),
        ("c", '{"game": 1}'),
        ("d", "[" * 100_000),
        ("e", '{"game":"<b>","protocol":"p","status":"done","started":"x"}'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(content)
    (tmp_path / "no-run").mkdir()
    (tmp_path / ".draft").mkdir()
    app = application(tmp_path, RecordedForks(), HOSTS)
    client = testclient.TestClient(app, base_url="http://127.0.0.1")
    rows = client.get("/api/runs").json()
    assert [row["run"] for row in rows] == ["e", "d", "c", "b", "a"]
    assert [row["status"] for row in rows] == ["done", *["unreadable"] * 4]
    page = client.get("/").text
    assert "<b>" not in page
    assert client.get("/runs/a").status_code == 404


def test_rows_are_read_again_only_when_they_changed(tmp_path, monkeypatch):
    for number in range(50):
        folder = tmp_path / f"run-{number:03}"
        folder.mkdir()
        manifest = {"game": "g", "protocol": "p", "status": "done", "started": "t"}
        (folder / "run.json").write_text(json.dumps(manifest))
    catalogue = Catalogue(tmp_path)
    assert len(catalogue.rows()) == 50
    reads = []
    original = type(tmp_path).read_bytes
    monkeypatch.setattr(
        type(tmp_path), "read_bytes", lambda path: reads.append(path) or original(path)
    )
    assert len(catalogue.rows()) == 50
    assert reads == []
    assert [row.run for row in catalogue.rows(first=10, most=2)] == [
        "run-039",
        "run-038",
    ]


@pytest.fixture(scope="module")
def address(folder):
    config = uvicorn.Config(
        application(folder, RecordedForks(), HOSTS), port=0, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(60)


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


def test_a_browser_lists_filters_opens_and_forks(browser, address, folder):
    watched = Watched(browser, address)
    page = watched.page
    assert page.locator("tbody tr").count() >= 2
    page.locator('input[name="q"]').fill("talk")
    page.get_by_role("button", name="Show").click()
    page.locator("tbody th a").last.click()
    page.get_by_role("link", name="fork here").first.click()
    assert page.locator('input[name="at"]').first.input_value() == "e0.s0"
    page.get_by_label("player_1").select_option("player_1=door")
    page.get_by_role("button", name="Fork here").click()
    assert "What follows" in page.content()
    assert watched.errors == []
    assert watched.outside == []


def test_a_browser_follows_a_run_that_goes_on(browser, address, folder):
    source = folder / "rational-run"
    live = folder / "live-run"
    live.mkdir()
    for name in ("config.toml", "run.json"):
        (live / name).write_text((source / name).read_text())
    manifest = json.loads((live / "run.json").read_text())
    started = {**manifest, "status": "started"}
    (live / "run.json").write_text(json.dumps(started))
    lines = (source / "events.jsonl").read_text().splitlines(keepends=True)
    events = live / "events.jsonl"
    events.write_text("".join(lines[:4]))
    try:
        watched = Watched(browser, f"{address}/runs/{live.name}/live")
        page = watched.page
        page.wait_for_selector("#lines li")
        before = page.locator("#lines li").count()
        # A line that is torn in the middle is shown once it is whole.
        with events.open("a") as file:
            file.write(lines[4][:20])
            file.flush()
            time.sleep(0.6)
            file.write(lines[4][20:] + "".join(lines[5:]))
        (live / "run.json").write_text(json.dumps(manifest))
        page.get_by_text("the run has ended").wait_for()
        assert page.locator("#lines li").count() > before
        assert watched.errors == []
        assert watched.outside == []
    finally:
        for path in live.iterdir():
            path.unlink()
        live.rmdir()
