"use strict";
// Lines come as data, and are shown as text.
(() => {
  const list = document.getElementById("lines");
  const state = document.getElementById("state");
  const source = new EventSource(location.pathname.replace(/live$/, "events"));
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };
  source.addEventListener("line", (event) => {
    const line = JSON.parse(event.data);
    const item = element("li", line.kind, "");
    item.append(element("span", "who", line.seat), ` ${line.does}`);
    if (line.says) item.append(element("span", "words", line.says));
    line.terms.forEach((term) => item.append(element("span", "words", term)));
    list.append(item);
    state.textContent = `episode ${line.episode}, ${list.children.length} lines`;
  });
  source.addEventListener("end", (event) => {
    state.textContent = `the run has ended: ${JSON.parse(event.data).status}`;
    source.close();
  });
  source.onerror = () => {
    state.textContent = "the connection was cut; it is tried again";
  };
})();
