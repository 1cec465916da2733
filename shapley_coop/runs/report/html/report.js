"use strict";
// Everything that somebody said comes as data and is shown as text: nothing here writes markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (name) => document.getElementById(name);
  const say = (number) => (number === null ? "" : data.texts[number]);

  const radios = document.querySelectorAll('input[name="worth"]');
  radios.forEach((radio) =>
    radio.addEventListener("change", () => {
      document.querySelectorAll(".worth").forEach((panel) => {
        panel.hidden = panel.dataset.worth !== radio.value;
      });
    }),
  );

  const SEAT_COLOURS = 6;
  const select = byId("episode");
  if (!select || data.episodes.length === 0) return;
  const list = byId("lines");
  const frame = byId("frame");
  let episode = null;
  let current = -1;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const addMarked = (parent, text, wanted) => {
    if (!wanted) {
      parent.append(text);
      return;
    }
    const lower = text.toLowerCase();
    let from = 0;
    for (;;) {
      const at = lower.indexOf(wanted, from);
      if (at < 0) break;
      parent.append(text.slice(from, at));
      parent.append(element("mark", "", text.slice(at, at + wanted.length)));
      from = at + wanted.length;
    }
    parent.append(text.slice(from));
  };

  // Seats keep their colour over all episodes. Several seats at once, and the engine, have none.
  const seatNumbers = new Map();
  data.episodes.forEach((one) =>
    one.payoffs.forEach(([seat]) => {
      if (!seatNumbers.has(seat)) seatNumbers.set(seat, seatNumbers.size);
    }),
  );
  const seatClass = (seat) =>
    seatNumbers.has(seat) ? `seat-${seatNumbers.get(seat) % SEAT_COLOURS}` : "";

  const whereOf = ([part, round]) => say(part) + (round === null ? "" : `, round ${round}`);

  const lineText = ([, , seat, does, says, terms]) =>
    [say(seat), say(does), say(says), ...terms.map(say)].join(" ").toLowerCase();

  const show = () => {
    const wanted = byId("search").value.trim().toLowerCase();
    list.replaceChildren();
    let heading = "";
    episode.lines.forEach((line, number) => {
      if (wanted && !lineText(line).includes(wanted)) return;
      const [, , seat, does, says, terms, kind, step] = line;
      if (whereOf(line) !== heading) {
        heading = whereOf(line);
        list.append(element("li", "part", heading));
      }
      const item = element("li", `${kind} ${seatClass(seat)}`);
      item.dataset.phase = heading;
      item.id = `e${episode.index}.l${number}`;
      item.dataset.line = String(number);
      if (step !== null) item.dataset.step = String(step);
      if (say(seat)) item.append(element("span", "who", say(seat)), " ");
      addMarked(item, say(does), wanted);
      if (says !== null) {
        const words = element("span", "words");
        addMarked(words, say(says), wanted);
        item.append(words);
      }
      if (terms.length) {
        const all = element("ul", "terms");
        terms.forEach((term) => {
          const one = element("li");
          addMarked(one, say(term), wanted);
          all.append(one);
        });
        item.append(all);
      }
      if (data.forks && step !== null) {
        const fork = element("a", "fork", "fork here");
        fork.href = `${data.forks}e${episode.index}.s${step}`;
        item.append(" ", fork);
      }
      list.append(item);
    });
    const found = linesShown().length;
    byId("place").textContent = wanted ? `${found} of ${episode.lines.length} lines` : "";
    const payoffs = episode.payoffs.map(([seat, held]) => `${say(seat)} ${held}`).join(", ");
    const end = episode.success ? "reached its goal" : "did not reach its goal";
    const held = payoffs ? `; held in the end: ${payoffs}` : "";
    byId("ending").textContent = `Episode ${episode.index} (${episode.status}) ${end}${held}. ${say(episode.error)}`;
    showPhases();
    draw(null);
  };

  // The timeline: one button for each phase of which a line is shown.
  const showPhases = () => {
    const phases = [...new Set(linesShown().map((item) => item.dataset.phase))];
    const buttons = phases.map((phase) => {
      const button = element("button", "", phase);
      button.type = "button";
      button.addEventListener("click", () => goTo(firstOf(phase)));
      const entry = element("li");
      entry.append(button);
      return entry;
    });
    byId("phases").replaceChildren(...buttons);
  };

  const linesShown = () => [...list.querySelectorAll("[data-line]")];
  const firstOf = (phase) => linesShown().findIndex((item) => item.dataset.phase === phase);

  const goToPhase = (change) => {
    const phases = [...byId("phases").querySelectorAll("button")].map((one) => one.textContent);
    const items = linesShown();
    const at = current < 0 ? -1 : phases.indexOf(items[current].dataset.phase);
    const wanted = Math.max(0, Math.min(at + change, phases.length - 1));
    if (phases.length) goTo(firstOf(phases[wanted]));
  };

  const draw = (step) => {
    frame.hidden = episode.frames.length === 0;
    if (frame.hidden) return;
    const number = step === null ? 0 : Math.min(step + 1, episode.frames.length - 1);
    frame.textContent = say(episode.frames[number]);
  };

  const open = (index) => {
    episode = data.episodes.find((one) => one.index === index) || data.episodes[0];
    select.value = String(episode.index);
    current = -1;
    show();
  };

  const goTo = (number) => {
    const items = linesShown();
    if (items.length === 0) return;
    current = Math.max(0, Math.min(number, items.length - 1));
    items.forEach((item) => item.removeAttribute("aria-current"));
    const item = items[current];
    item.setAttribute("aria-current", "step");
    byId("phases").querySelectorAll("button").forEach((button) => {
      const here = button.textContent === item.dataset.phase;
      if (here) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    item.scrollIntoView({ block: "center" });
    byId("place").textContent = `line ${current + 1} of ${items.length}`;
    if (item.dataset.step !== undefined) draw(Number(item.dataset.step));
    const step = item.dataset.step === undefined ? "" : `.s${item.dataset.step}`;
    history.replaceState(null, "", step ? `#e${episode.index}${step}` : `#${item.id}`);
  };

  const follow = () => {
    const match = /^#e(\d+)(?:\.(s|l)(\d+))?$/.exec(location.hash);
    if (!match) return false;
    open(Number(match[1]));
    if (match[2]) {
      const key = match[2] === "s" ? "step" : "line";
      const at = linesShown().findIndex((item) => item.dataset[key] === match[3]);
      if (at >= 0) goTo(at);
    }
    return true;
  };

  data.episodes.forEach((one) => {
    const word = one.success ? "reached its goal" : one.status;
    const option = element("option", "", `${one.index} (${word})`);
    option.value = String(one.index);
    select.append(option);
  });
  byId("controls").hidden = false;
  byId("plain").hidden = true;
  select.addEventListener("change", () => open(Number(select.value)));
  byId("search").addEventListener("input", show);
  byId("back").addEventListener("click", () => goTo(current - 1));
  byId("forth").addEventListener("click", () => goTo(current + 1));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") goTo(current + 1);
    if (event.key === "k") goTo(current - 1);
    if (event.key === "J") goToPhase(1);
    if (event.key === "K") goToPhase(-1);
  });
  window.addEventListener("hashchange", follow);
  if (!follow()) open(data.episodes[0].index);
})();
