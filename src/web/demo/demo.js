// Puts each part of the page that the server rendered anew into its place. Without it the page says the same, as of its loading.
"use strict";
const live = document.getElementById("live");
const waiting = new Map();

// Whoever reads, marks or stands on a link in a part keeps it until they are done.
function inUse(part) {
  const marked = document.getSelection();
  return part.contains(document.activeElement) || (marked && !marked.isCollapsed && part.contains(marked.anchorNode));
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

const news = new EventSource("/demo/live");
news.onopen = () => { live.textContent = "Live: the page changes by itself."; };
news.onmessage = (event) => Object.entries(JSON.parse(event.data)).forEach(([id, markup]) => put(id, markup));
news.onerror = () => { live.textContent = "Nobody answers: the demo has stopped. This is how it was."; };
