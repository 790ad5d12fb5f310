"use strict";
// Three things move: the matrix shows the images of a cell, the map shows the image of a point, the contents show where one is.

function startMatrix(box) {
  const buttons = [...box.querySelectorAll("button[data-panel]")];
  const panels = [...box.querySelectorAll(".panel")];
  let pinned = panels.find((panel) => !panel.hidden)?.id;

  const show = (name) => {
    for (const panel of panels) panel.hidden = panel.id !== name;
    for (const button of buttons) button.setAttribute("aria-expanded", String(button.dataset.panel === name));
  };
  // The whole matrix is one stop of the Tab key: the arrow keys move within it, left and right in reading order, so to every cell.
  const pin = (name) => {
    pinned = name;
    show(name);
    for (const button of buttons) button.tabIndex = button.dataset.panel === name ? 0 : -1;
  };
  const step = (button, right, down) => {
    const [row, column] = placeOf(button);
    const ahead = right ? [buttons[buttons.indexOf(button) + right]] : buttons.filter((other) => {
      const [otherRow, otherColumn] = placeOf(other);
      return otherColumn === column && (otherRow - row) * down > 0;
    });
    (right + down > 0 ? ahead[0] : ahead.at(-1))?.focus();
  };

  for (const button of buttons) {
    button.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") show(button.dataset.panel); });
    button.addEventListener("focus", () => pin(button.dataset.panel));
    button.addEventListener("click", () => pin(button.dataset.panel));
    button.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (move) { event.preventDefault(); step(button, ...move); }
    });
  }
  box.querySelector("table").addEventListener("pointerleave", () => show(pinned));
  pin(pinned);
  bringIntoSight(box.querySelector(".matrix-scroll"), buttons.find((button) => button.dataset.panel === pinned));
}

// Of many classes the cell whose images are shown is in sight from the beginning, and the page stays where it is.
function bringIntoSight(frame, button) {
  const [place, around] = [button, frame].map((one) => one.getBoundingClientRect());
  frame.scrollTo({
    left: place.left - around.left - frame.clientWidth / 2,
    top: place.top - around.top - frame.clientHeight / 2,
    behavior: "instant",
  });
}

function placeOf(button) {
  const cell = button.closest("td");
  return [cell.parentElement.rowIndex, cell.cellIndex];
}

function startMap(figure) {
  const drawing = figure.querySelector("svg");
  const card = figure.querySelector(".map-card");
  const picture = card.querySelector(".map-image");
  const ring = drawing.querySelector(".ring");
  const columns = Number(drawing.dataset.columns);
  const points = [...drawing.querySelectorAll("circle:not(.ring)")].map((circle, index) => ({
    x: circle.cx.baseVal.value, y: circle.cy.baseVal.value, index, circle, words: circle.textContent.trim(),
  }));
  const places = {
    near: points.map((point) => [point.x, point.y]),
    far: points.map((point) => point.circle.dataset.far.split(" ").map(Number)),
  };
  for (const title of drawing.querySelectorAll("title")) title.remove();
  const side = parseFloat(picture.style.getPropertyValue("--side")) * 3;
  picture.style.backgroundSize = `${columns * side}px auto`;
  let current = points[0];
  let lively = points; // all, or those of the chosen class

  const show = (point) => {
    current = point;
    ring.setAttribute("cx", point.x);
    ring.setAttribute("cy", point.y);
    picture.style.backgroundPosition = `${-(point.index % columns) * side}px ${-Math.floor(point.index / columns) * side}px`;
    card.querySelector("p").textContent = point.words;
    card.hidden = false;
    const scale = drawing.clientWidth / 1000;
    const x = point.x * scale, y = point.y * scale;
    card.style.left = `${x + 14 + card.offsetWidth < drawing.clientWidth ? x + 14 : Math.max(0, x - 14 - card.offsetWidth)}px`;
    card.style.top = `${Math.min(Math.max(0, y - card.offsetHeight / 2), drawing.clientHeight - card.offsetHeight)}px`;
  };
  const hide = () => { card.hidden = true; ring.setAttribute("cx", -99); };
  const nearest = (x, y, among = lively) =>
    among.reduce((best, point) => (Math.hypot(point.x - x, point.y - y) < Math.hypot(best.x - x, best.y - y) ? point : best));
  const follow = (event) => {
    const frame = drawing.getBoundingClientRect();
    const point = nearest(((event.clientX - frame.left) / frame.width) * 1000, ((event.clientY - frame.top) / frame.height) * 1000);
    show(point);
  };

  const lay = (name) => {
    hide();
    points.forEach((point, index) => {
      [point.x, point.y] = places[name][index];
      point.circle.setAttribute("cx", point.x);
      point.circle.setAttribute("cy", point.y);
    });
    for (const button of figure.querySelectorAll("[data-map]")) {
      button.setAttribute("aria-pressed", String(button.dataset.map === name));
    }
  };

  const single = (label) => {
    hide();
    const chosen = points.filter((point) => point.circle.dataset.label === label);
    lively = chosen.length ? chosen : points;
    [current] = lively;
    for (const point of points) point.circle.classList.toggle("faded", label !== "" && point.circle.dataset.label !== label);
  };

  if (!points.length) return;
  const choice = figure.querySelector("select");
  choice.addEventListener("change", () => single(choice.value));
  for (const button of figure.querySelectorAll("[data-map]")) button.addEventListener("click", () => lay(button.dataset.map));
  drawing.addEventListener("pointermove", follow);
  drawing.addEventListener("pointerdown", follow);
  drawing.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
  drawing.addEventListener("focus", () => show(current));
  drawing.addEventListener("blur", hide);
  drawing.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const ahead = lively.filter((point) => {
      const along = (point.x - current.x) * move[0] + (point.y - current.y) * move[1];
      const aside = Math.abs((point.x - current.x) * move[1]) + Math.abs((point.y - current.y) * move[0]);
      return along > 0 && aside <= along;
    });
    if (ahead.length) show(nearest(current.x, current.y, ahead));
  });
}

function startContents() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const mark = () => {
    const line = window.innerHeight * 0.3;
    const sections = [...document.querySelectorAll("main > section")];
    const here = sections.findLast((section) => section.getBoundingClientRect().top <= line) ?? sections[0];
    for (const [name, link] of links) {
      if (name === here.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  };
  window.addEventListener("scroll", later, { passive: true });
  mark();
  const folded = document.querySelector(".contents-folded");
  folded.addEventListener("click", (event) => { if (event.target.closest("a")) folded.open = false; });
}

// A table is a stop of the Tab key only where it is wider than its place, so that there is something to scroll.
function startTables() {
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  for (const box of document.querySelectorAll(".scroll, .crowded .matrix-scroll")) sizes.observe(box);
}

function startPrinting() {
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const fold of closed) fold.open = true;
  });
  window.addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });
}

document.querySelectorAll(".confusion").forEach((box) => { if (box.querySelector(".panel")) startMatrix(box); });
document.querySelectorAll(".map").forEach(startMap);
startContents();
startTables();
startPrinting();
