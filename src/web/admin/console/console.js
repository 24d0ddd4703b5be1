// Puts each part of the page that the server rendered anew into its place, and each new line of the log on top of it.
// Without it the page says the same, as of its loading.
"use strict";
const live = document.getElementById("live");
const log = document.getElementById("log");
const waiting = new Map();
const LINES = 50;

// Whoever reads, marks, fills in or has opened something in a part keeps it until they are done.
function inUse(part) {
  const marked = document.getSelection();
  return part.contains(document.activeElement) || part.querySelector("details[open]")
    || (marked && !marked.isCollapsed && part.contains(marked.anchorNode));
}

function put(id, markup) {
  const part = document.getElementById(id);
  if (!part) return;
  if (inUse(part)) {
    waiting.set(id, markup);
  } else {
    waiting.delete(id);
    part.innerHTML = markup;
  }
}

const catchUp = () => waiting.forEach((markup, id) => put(id, markup));
document.addEventListener("focusout", () => setTimeout(catchUp));
document.addEventListener("selectionchange", catchUp);
document.addEventListener("toggle", catchUp, true);

const news = new EventSource("/live");
news.onopen = () => { live.textContent = "Live: the page changes by itself."; };
news.onmessage = (event) => Object.entries(JSON.parse(event.data)).forEach(([id, markup]) => put(id, markup));
news.onerror = () => { live.textContent = "gigcast does not answer. This is how it was; load the page again once it runs."; };

function told(event) {
  const said = JSON.parse(event.data);
  const parts = [["time", (said.time || "").slice(11, 19)], ["b", said.level || ""], ["span", said.message || ""]];
  const line = document.createElement("li");
  line.className = said.level || "";
  parts.forEach(([name, text]) => {
    const part = document.createElement(name);
    part.textContent = text;
    if (name === "span") part.dir = "auto";
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
