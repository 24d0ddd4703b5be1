// Puts each part of the page that the server rendered anew into its place. Without it the page shows the state when it was loaded.
"use strict";
const live = document.getElementById("live");
const waiting = new Map();

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

const news = new EventSource(live.dataset.from);
news.onopen = () => { live.textContent = "Live: the page changes by itself."; };
news.onmessage = (event) => Object.entries(JSON.parse(event.data)).forEach(([id, markup]) => put(id, markup));
news.onerror = () => { live.textContent = live.dataset.lost; };
