// Keys, zoom and marks on the picture. Without it the pages still work: the form has buttons for all that counts.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const say = (text) => { const place = $("#announce"); if (place) place.textContent = text; };
  const drawing = { on: false, draft: null };

  // Picture -------------------------------------------------------------------------------------------------------------

  let zoom = 1;

  function fit() {
    const viewer = $("#viewer"), canvas = $(".canvas"), image = $(".canvas img");
    if (!viewer || !image || !image.naturalWidth) return;
    const room = { width: viewer.clientWidth - 32, height: (viewer.clientHeight || innerHeight * 0.5) - 32 };
    if (getComputedStyle(viewer).flexGrow === "0") room.height = Math.min(innerHeight * 0.52, room.width * 1.4) - 32;
    const whole = Math.min(room.width / image.naturalWidth, room.height / image.naturalHeight);
    canvas.style.width = `${Math.round(image.naturalWidth * whole * zoom)}px`;
    canvas.style.height = `${Math.round(image.naturalHeight * whole * zoom)}px`;
    $("#scale").textContent = `${Math.round(100 * zoom)} %`;
    show();
  }

  function zoomTo(value, at) {
    const viewer = $("#viewer");
    if (!viewer) return;
    const next = Math.min(8, Math.max(1, value)), ratio = next / zoom, box = viewer.getBoundingClientRect();
    const x = at ? at.clientX - box.left : box.width / 2, y = at ? at.clientY - box.top : box.height / 2;
    const left = (viewer.scrollLeft + x) * ratio - x, top = (viewer.scrollTop + y) * ratio - y;
    zoom = next;
    fit();
    viewer.scrollTo(left, top);
  }

  // Marks ---------------------------------------------------------------------------------------------------------------

  const field = () => $("#verdict [name=boxes]");
  const marks = () => { try { return JSON.parse(field().value || "[]"); } catch { return []; } };
  const pictureReasons = () => [...document.querySelectorAll(".reject input:checked")].map((input) => input.value);

  function keep(list) { field().value = JSON.stringify(list); show(); }

  function show() {
    const svg = $(".boxes");
    if (!svg) return;
    svg.replaceChildren();
    document.querySelectorAll(".boxname").forEach((name) => name.remove());
    const list = marks();
    for (const mark of [...list, ...(drawing.draft ? [{ box: drawing.draft, draft: true }] : [])]) {
      const [x0, y0, x1, y1] = mark.box, rect = document.createElementNS(svg.namespaceURI, "rect");
      for (const [name, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) rect.setAttribute(name, 1000 * value);
      if (mark.draft) rect.setAttribute("class", "draft");
      svg.append(rect);
      if (mark.criterion) {
        const name = document.createElement("span");
        name.className = "boxname";
        name.textContent = mark.criterion;
        name.style.left = `${100 * x0}%`;
        name.style.top = `${100 * y0}%`;
        $(".canvas").append(name);
      }
    }
    $("#erase").hidden = !list.length;
  }

  function setDrawing(on) {
    if (!$("#draw")) return;
    drawing.on = on;
    drawing.draft = null;
    document.body.classList.toggle("drawing", on);
    $("#draw").setAttribute("aria-pressed", String(on));
    if (on && !pictureReasons().length) say("Choose a reason first, then mark the place it is about.");
    else if (on) { say("Drag a box, or move it with the arrow keys and press Enter."); $("#viewer").focus(); }
    show();
  }

  function finish() {
    const box = drawing.draft, reasons = pictureReasons();
    drawing.draft = null;
    if (box && box[2] - box[0] > 0.01 && box[3] - box[1] > 0.01) {
      if (!reasons.length) say("Choose a reason first, then mark the place it is about.");
      else {
        keep([...marks(), { criterion: drawing.criterion && reasons.includes(drawing.criterion) ? drawing.criterion : reasons.at(-1), box }]);
        say("Marked.");
      }
    }
    setDrawing(false);
  }

  const place = (event) => {
    const box = $(".canvas").getBoundingClientRect(), part = (v) => Math.min(1, Math.max(0, Math.round(1e4 * v) / 1e4));
    return [part((event.clientX - box.left) / box.width), part((event.clientY - box.top) / box.height)];
  };

  document.addEventListener("pointerdown", (event) => {
    if (!drawing.on || !event.target.closest(".canvas")) return;
    event.preventDefault();
    drawing.from = place(event);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drawing.from) return;
    const [x, y] = place(event), [a, b] = drawing.from;
    drawing.draft = [Math.min(a, x), Math.min(b, y), Math.max(a, x), Math.max(b, y)];
    show();
  });
  document.addEventListener("pointerup", () => { if (drawing.from) { drawing.from = null; finish(); } });
  document.addEventListener("wheel", (event) => {
    if (!event.target.closest("#viewer") || !(event.ctrlKey || event.altKey)) return;
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY / 300), event);
  }, { passive: false });
  document.addEventListener("dblclick", (event) => { if (event.target.closest(".canvas")) zoomTo(zoom > 1 ? 1 : 2.5, event); });

  function moveDraft(event) {
    const step = 0.02, [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    const box = drawing.draft ?? [0.4, 0.4, 0.6, 0.6];
    const moved = event.shiftKey ? [box[0], box[1], box[2] + dx, box[3] + dy] : [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy];
    const inside = moved.every((v) => v >= 0 && v <= 1.00001) && moved[2] - moved[0] >= step && moved[3] - moved[1] >= step;
    drawing.draft = inside ? moved.map((v) => Math.min(1, Math.round(1e4 * v) / 1e4)) : box;
    show();
  }

  // Verdict -------------------------------------------------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.name === "accept" && input.checked) {
      document.querySelectorAll(".reject input").forEach((other) => { other.checked = false; });
      if (field()) keep([]);
    }
    if (input.name === "criteria") {
      if (input.checked) { drawing.criterion = input.value; const accept = $("[name=accept]"); if (accept) accept.checked = false; }
      else keep(marks().filter((mark) => mark.criterion !== input.value));
    }
    if (input.id === "shortcuts") localStorage.setItem("single-keys", input.checked ? "on" : "off");
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]"), zoomer = event.target.closest("[data-zoom]");
    if (opener) $(`#${opener.dataset.open}`).showModal();
    if (zoomer) zoomTo({ "+": zoom * 1.4, "-": zoom / 1.4, 0: 1 }[zoomer.dataset.zoom]);
    if (event.target.closest("#draw")) setDrawing(!drawing.on);
    if (event.target.closest("#erase")) { keep([]); say("Marks are taken away."); }
    if (event.target.nodeName === "DIALOG") event.target.close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || !$("#verdict")) return;
    const at = event.target, typing = at.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
    if (drawing.on && event.key.startsWith("Arrow")) { event.preventDefault(); moveDraft(event); return; }
    if (drawing.on && event.key === "Escape") { setDrawing(false); return; }
    if (drawing.on && event.key === "Enter") { event.preventDefault(); finish(); return; }
    if (typing || localStorage.getItem("single-keys") === "off") return;
    const key = event.key.toLowerCase();
    const choice = key === "a" ? $("[name=accept]") : $(`.reject input[aria-keyshortcuts="${CSS.escape(key)}"]`);
    const press = (selector) => { const found = $(selector); if (found) { event.preventDefault(); found.click(); } };
    if (choice) { event.preventDefault(); choice.click(); }
    else if (key === "enter" && !at.matches("button, a, summary")) { event.preventDefault(); $("#verdict").requestSubmit(); }
    else if (key === "g") press("[data-open=guideline]");
    else if (key === "?") press("[data-open=keys]");
    else if (key === "s") press("[data-open=skip]");
    else if (key === "b") press("#draw");
    else if (key === "p") press("a[aria-keyshortcuts=p]");
    else if (key === "n") { event.preventDefault(); $(".note").open = true; $("#note").focus(); }
    else if (key === "+" || key === "=") zoomTo(zoom * 1.4);
    else if (key === "-") zoomTo(zoom / 1.4);
    else if (key === "0") zoomTo(1);
  });

  // Each ad -------------------------------------------------------------------------------------------------------------

  function begin(next) {
    zoom = 1;
    setDrawing(false);
    const image = $(".canvas img"), work = $("#work");
    if (image && !image.complete) image.addEventListener("load", fit, { once: true });
    fit();
    if (next && work) { work.focus({ preventScroll: true }); scrollTo(0, 0); say($("[role=alert]")?.textContent ?? $("#work h1")?.textContent ?? ""); }
    const task = work?.dataset.task, skip = $("#skip-form");
    if (skip && task && $("#verdict")) {  // the dialog stays while ads are swapped
      skip.action = `/task/${task}`;
      for (const name of ["submission", "opened", "person"]) $(`[name=${name}]`, skip).value = $(`#verdict [name=${name}]`).value + (name === "submission" ? "-s" : "");
    }
    if ($("[data-done]") && $("[data-done] .primary")) setTimeout(() => location.assign("/task"), 15000);
  }

  addEventListener("resize", fit);
  document.addEventListener("htmx:after:swap", () => begin(true));
  document.addEventListener("DOMContentLoaded", () => {
    const keys = $("#shortcuts");
    if (keys) keys.checked = localStorage.getItem("single-keys") !== "off";
    begin(false);
  });
})();
