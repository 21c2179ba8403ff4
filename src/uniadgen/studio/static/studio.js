// Dropping files, moving the product and words, ordering selling points. Without it the forms still work.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const say = (text) => { const place = $("#announce"); if (place) place.textContent = text; };

  // Files ---------------------------------------------------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]") && event.target.files.length) event.target.form.requestSubmit();
    if (event.target.closest("#words-form")) preview();
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest?.("[data-drop]");
      if (name === "dragover") event.preventDefault();
      document.querySelectorAll(".over").forEach((other) => other.classList.remove("over"));
      if (form && name === "dragover") form.classList.add("over");
      if (name !== "drop") return;
      event.preventDefault();
      if (!form || !event.dataTransfer.files.length) return;
      $("[data-send]", form).files = event.dataTransfer.files;
      form.requestSubmit();
    });
  }

  // The product's place -------------------------------------------------------------------------------------------------

  let box = null, grip = null;

  function place() {
    const frame = $(".frame"), field = $("#move-form [name=box]");
    if (!frame || !box) return;
    frame.style.left = `${100 * box[0]}%`;
    frame.style.top = `${100 * box[1]}%`;
    frame.style.width = `${100 * (box[2] - box[0])}%`;
    frame.style.height = `${100 * (box[3] - box[1])}%`;
    field.value = box.map((v) => v.toFixed(4)).join(",");
  }

  function shift(dx, dy) {
    const [w, h] = [box[2] - box[0], box[3] - box[1]];
    const x = Math.min(1 - w, Math.max(0, box[0] + dx)), y = Math.min(1 - h, Math.max(0, box[1] + dy));
    box = [x, y, x + w, y + h];
    place();
  }

  function scale(factor, from = "bottom") {  // its form stays; it stands where it stood
    const w = (box[2] - box[0]) * factor, h = (box[3] - box[1]) * factor;
    if (w < 0.05 || h < 0.05 || w > 1 || h > 1) return;
    const middle = (box[0] + box[2]) / 2;
    let x = from === "bottom" ? middle - w / 2 : box[0], y = from === "bottom" ? box[3] - h : box[1];
    x = Math.min(1 - w, Math.max(0, x));
    y = Math.min(1 - h, Math.max(0, y));
    box = [x, y, x + w, y + h];
    place();
  }

  function setMoving(on) {
    const board = $("#board");
    if (!board) return;
    board.classList.toggle("moving", on);
    $(".frame").hidden = !on;
    $("#move-form").hidden = !on;
    $("#move").setAttribute("aria-pressed", String(on));
    box = board.dataset.box.split(",").map(Number);
    if (on) { place(); $(".frame").focus(); say("Move the product with the arrow keys, scale it with plus and minus."); }
  }

  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest?.(".frame");
    if (!frame) return;
    event.preventDefault();
    frame.focus();
    grip = { x: event.clientX, y: event.clientY, corner: event.target.matches(".corner"), board: $("#board").getBoundingClientRect(), box: [...box] };
  });
  document.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const dx = (event.clientX - grip.x) / grip.board.width, dy = (event.clientY - grip.y) / grip.board.height;
    box = [...grip.box];
    if (grip.corner) scale(Math.max(0.1, 1 + dx / (box[2] - box[0])), "corner");
    else shift(dx, dy);
  });
  document.addEventListener("pointerup", () => { grip = null; });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".frame")) return;
    const step = event.shiftKey ? 0.05 : 0.01;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[event.key]) { event.preventDefault(); shift(...moves[event.key]); }
    if (event.key === "+" || event.key === "=") scale(1.04);
    if (event.key === "-") scale(1 / 1.04);
    if (event.key === "Escape") setMoving(false);
    if (event.key === "Enter") $("#move-form").requestSubmit();
  });

  // Words in the picture ------------------------------------------------------------------------------------------------

  let held = null;
  const LEAST = 13;  // pixels of letters
  const row = (word) => document.querySelectorAll("#blocks-form .set")[[...document.querySelectorAll(".word")].indexOf(word)];
  const number = (word, name) => $(`[name=${name}]`, row(word));

  function placeWord(word) {
    const side = Number($("#board").dataset.side), [dx, dy, w, h, size] = word.dataset.ink.split(",").map(Number);
    const scaled = Number(number(word, "size").value) / size;
    word.style.left = `${100 * (Number(number(word, "left").value) + dx * scaled) / side}%`;
    word.style.top = `${100 * (Number(number(word, "top").value) + dy * scaled) / side}%`;
    word.style.width = `${100 * w * scaled / side}%`;
    word.style.height = `${100 * h * scaled / side}%`;
    word.classList.toggle("left-out", !number(word, "text").value);
  }

  function putWord(word, left, top) {  // it stays inside of the picture
    const side = Number($("#board").dataset.side), [dx, dy, w, h, size] = word.dataset.ink.split(",").map(Number);
    const scaled = Number(number(word, "size").value) / size;
    const within = (value, offset, length) => Math.round(Math.min(side - (offset + length) * scaled, Math.max(0, -offset * scaled, value)));
    number(word, "left").value = within(left, dx, w);
    number(word, "top").value = within(top, dy, h);
    placeWord(word);
  }

  function shiftWord(word, dx, dy) {
    putWord(word, Number(number(word, "left").value) + dx, Number(number(word, "top").value) + dy);
  }

  function scaleWord(word, factor) {
    const size = number(word, "size");
    size.value = Math.max(LEAST, Number(size.value) * factor).toFixed(1);
    shiftWord(word, 0, 0);
  }

  function setWording(on) {
    const board = $("#board");
    if (!board || !$("#move-words")) return;
    board.classList.toggle("wording", on);
    $(".plain").hidden = !on;
    $("#move-words").setAttribute("aria-pressed", String(on));
    const words = [...document.querySelectorAll(".word")];
    words.forEach((word) => { word.hidden = !on; placeWord(word); });
    if (on) { words[0].focus(); say("Move the words with the arrow keys, scale them with plus and minus; Enter draws them."); }
  }

  document.addEventListener("pointerdown", (event) => {
    const word = event.target.closest?.(".word");
    if (!word) return;
    event.preventDefault();
    word.focus();
    held = { word, x: event.clientX, y: event.clientY, left: Number(number(word, "left").value), top: Number(number(word, "top").value) };
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    const pixels = Number($("#board").dataset.side) / $("#board").getBoundingClientRect().width;
    putWord(held.word, held.left + (event.clientX - held.x) * pixels, held.top + (event.clientY - held.y) * pixels);
  });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { held = null; });
  document.addEventListener("keydown", (event) => {
    const word = event.target;
    if (!word.matches?.(".word")) return;
    const step = event.shiftKey ? 20 : 4;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[event.key]) { event.preventDefault(); shiftWord(word, ...moves[event.key]); }
    if (event.key === "+" || event.key === "=") scaleWord(word, 1.04);
    if (event.key === "-") scaleWord(word, 1 / 1.04);
    if (event.key === "Escape") { setWording(false); $("#move-words").focus(); }
    if (event.key === "Enter") $("#blocks-form").requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#blocks-form") && $("#board").classList.contains("wording")) document.querySelectorAll(".word").forEach(placeWord);
  });

  // Texts ---------------------------------------------------------------------------------------------------------------

  function preview() {
    const form = $("#words-form");
    if (!form) return;
    const chosen = [...form.querySelectorAll("[name=point]:checked")].map((input) => input.value);
    $("#preview").textContent = chosen.join($("[name=separator]", form).value);
  }

  document.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-up], [data-down]");
    if (mover) {
      const item = mover.closest("li"), up = mover.matches("[data-up]"), other = up ? item.previousElementSibling : item.nextElementSibling;
      if (other) { if (up) other.before(item); else other.after(item); mover.focus(); preview(); }
    }
    if (event.target.closest("#move-words")) { setMoving(false); setWording($("#move-words").getAttribute("aria-pressed") !== "true"); }
    if (event.target.closest("#move")) setWording(false);
    if (event.target.closest("#move")) setMoving($("#move").getAttribute("aria-pressed") !== "true");
    document.querySelectorAll(".menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // Typing --------------------------------------------------------------------------------------------------------------

  // What is being typed is sent while it is typed. What has not been answered yet goes with every form, so that no button
  // comes before it, and is put back where an answer replaces the field.
  const unsaved = new Map();  // field -> what it says, where the caret is, and whether it has gone with a form
  const field = (name) => $(`[data-typed="${CSS.escape(name)}"]`);
  const draft = () => `points ${$("#main")?.dataset.base}`;  // selling points that have not been added outlive a reload, too
  let sent = null;  // the selling points that went with the last form that adds them
  const adds = (form) => form?.querySelector("[name=action][value=add]") && form.querySelector("#points");

  document.addEventListener("input", (event) => {
    const input = event.target;
    if (input.dataset.typed) unsaved.set(input.dataset.typed, { value: input.value, caret: input.selectionStart });
    if (input.id === "points") sessionStorage.setItem(draft(), input.value);
  });
  document.addEventListener("formdata", (event) => {
    const form = event.target, data = event.formData;
    if (form.method !== "post" || !form.closest("#main")) return;
    for (const [name, typed] of unsaved) { data.append(`typed-${name}`, typed.value); typed.sent = typed.value; }
    const makes = form.getAttribute("action").endsWith("/generate");  // a field may be named action, too
    if (makes) data.append("points", $("#points")?.value ?? "");
    if (makes || adds(form)) sent = $("#points")?.value ?? "";
  });

  function answered(context) {
    if (!context.response?.raw?.ok || context.request.method === "GET") return;
    for (const [name, typed] of unsaved) if (typed.value === typed.sent) unsaved.delete(name);
    if (sent !== null && /\/(generate|points)$/.test(context.request.action) && sessionStorage.getItem(draft()) === sent) {
      sessionStorage.removeItem(draft());
      sent = null;
    }
  }

  function putBack() {
    for (const [name, typed] of unsaved) {
      const input = field(name);
      if (!input) { unsaved.delete(name); continue; }
      if (input.value === typed.value) continue;
      input.value = typed.value;
      if (input === document.activeElement) input.setSelectionRange(typed.caret, typed.caret);
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const points = $("#points"), kept = sessionStorage.getItem(draft());
    if (points && kept && !points.value) points.value = kept;
  }

  addEventListener("pagehide", () => {
    if (!unsaved.size) return;
    const data = new FormData();
    for (const [name, typed] of unsaved) data.append(`typed-${name}`, typed.value);
    navigator.sendBeacon(`${$("#main").dataset.base}/typed`, data);
  });

  // Focus ---------------------------------------------------------------------------------------------------------------

  // An answer replaces what has the focus: it goes on to what has come in its place, or to the nearest that is still there.
  let focused = null, detailed = false;
  document.addEventListener("htmx:before:swap", () => {
    const at = document.activeElement;
    if (!at || at === document.body) return;
    focused = at;
    detailed = Boolean(at.closest(".detail"));
  });

  function refocus() {
    if (!focused || focused.isConnected || document.activeElement !== document.body) return;
    const key = focused.dataset.key, point = key?.match(/^(?:left|remove) (.*)$/s)?.[1];
    const places = [key && `[data-key="${CSS.escape(key)}"]`, point && `[data-key="${CSS.escape(`point ${point}`)}"]`, focused.id && `#${CSS.escape(focused.id)}`];
    if (key && /^(point|left|remove|add)/.test(key)) places.push("#points");
    if (key?.startsWith("click ")) places.push("[data-key^='click ']", "[name=pictures]");
    const at = places.filter(Boolean).map((place) => $(place)).find((element) => element && !element.disabled && element.offsetParent);
    (at ?? (detailed ? $(".detail") : null) ?? $("#main")).focus({ preventScroll: true });
    focused = null;
  }

  // Each page -----------------------------------------------------------------------------------------------------------

  let chosen = "", pending = 0;

  // What makes each button send all that is typed where there is no script: here every form sends itself.
  function ungroup() {
    for (const part of document.querySelectorAll("[form=typing]")) { part.removeAttribute("form"); part.removeAttribute("formaction"); }
  }

  // What somebody has opened or closed stays so while the same ad is chosen.
  const folds = new Map();
  const foldOf = (fold) => `${fold.closest(".detail") ? $(".variant.chosen")?.id : ""} ${fold.dataset.fold}`;
  document.addEventListener("htmx:before:swap", () => {
    for (const fold of document.querySelectorAll("[data-fold]")) folds.set(foldOf(fold), fold.open);
  });

  function refold() {
    for (const fold of document.querySelectorAll("[data-fold]")) fold.open = folds.get(foldOf(fold)) ?? fold.open;
  }

  function begin() {
    ungroup();
    refold();
    const move = $("#move"), now = $("#board")?.dataset.box ? $(".variant.chosen")?.id ?? "" : "", left = Number($("#grid")?.dataset.pending ?? 0);
    if (move) move.hidden = false;
    if ($("#move-words")) $("#move-words").hidden = false;
    if (now && now !== chosen) $(".detail").focus({ preventScroll: innerWidth >= 1080 });
    chosen = now;
    refocus();
    putBack();
    if (pending && !left) say("All ads are ready.");
    pending = left;
    preview();
    const compare = $("#compare");
    if (compare?.open && !compare.matches(":modal")) { compare.close(); compare.showModal(); }
  }

  // Of two forms that are sent at once, the first answer replaces the page, and with it the place of the second's: that one
  // is then shown as the server has it by now.
  document.addEventListener("htmx:after:request", (event) => {
    const { target, response } = event.detail.ctx;
    answered(event.detail.ctx);
    if (target?.id !== "main" || target.isConnected) return;
    if (response.raw.redirected) htmx.ajax("GET", response.raw.url, { target: "#main", select: "#main", swap: "outerHTML" });
    else event.detail.ctx.target = $("#main");
  });
  document.addEventListener("htmx:after:swap", begin);
  document.addEventListener("DOMContentLoaded", begin);
})();
