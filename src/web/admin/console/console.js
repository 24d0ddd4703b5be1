// Puts each new line of the log on top of it. The parts of the page are put into their places by live.js.
"use strict";
const log = document.getElementById("log");
const LINES = 50;

// Each id that has a story leads to it.
function linked(text) {
  return text.split(/\b((?:gig|dlv|acc|per|act)_[0-9a-hjkmnp-tv-z]{16})\b/).map((part, n) => {
    if (n % 2 === 0) return part;
    const link = document.createElement("a");
    link.href = "/why/" + part;
    link.textContent = part;
    return link;
  });
}

function told(event) {
  const said = JSON.parse(event.data);
  const parts = [["time", (said.time || "").slice(11, 19)], ["b", said.level || ""], ["span", said.message || ""]];
  const line = document.createElement("li");
  line.className = said.level || "";
  parts.forEach(([name, text]) => {
    const part = document.createElement(name);
    part.textContent = text;
    if (name === "span") {
      part.dir = "auto";
      part.replaceChildren(...linked(text));
    }
    line.append(part, " ");
  });
  document.getElementById("no-log")?.remove();
  log.prepend(line);
  while (log.children.length > LINES) log.lastElementChild.remove();
}

const level = log.dataset.level ? "&level=" + log.dataset.level : "";
const lines = new EventSource("/log?follow=true&lines=" + LINES + level);
// It begins with the lines that stand there already; when it comes back after a gap it goes on where it was.
lines.addEventListener("open", () => log.replaceChildren(), { once: true });
lines.onmessage = told;
lines.addEventListener("missed", told);
