"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const element = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll("article")];
  for (const card of cards) card.cells = JSON.parse(card.dataset.cells);

  // The answers: { who, unsaved, added: [class, ...], answers: { sample: { label, note } } }.
  let state = storedState() || { who: "", unsaved: false, added: [], answers: {} };
  let isStored = true;

  function storedState() {
    try {
      const stored = JSON.parse(localStorage.getItem(settings.key));
      return stored && typeof stored.who === "string" && Array.isArray(stored.added) && stored.answers ? stored : null;
    } catch {
      return null;
    }
  }

  function store() {
    try {
      localStorage.setItem(settings.key, JSON.stringify(state));
      isStored = true;
    } catch {
      isStored = false;
    }
    element("kept").textContent = isStored
      ? element("kept").dataset.text
      : "This browser keeps nothing of this page: save your answers before you close it.";
    element("kept").classList.toggle("problem", !isStored);
  }

  const answerOf = (card) => state.answers[card.cells.sample] || { label: "", note: "" };

  // Classes: those of the batch, then those that people typed.

  const marks = new Map(Object.entries(settings.marks));
  const isMark = (label) => marks.has(label) && !settings.classes.includes(label);
  const allClasses = () => [...settings.classes, ...state.added];
  const looseForm = (text) => text.normalize("NFKC").toLowerCase();
  const severalNames = new RegExp(settings.several);
  const isNumber = (text) => /^[+-]?\d+([.,]\d*)?$/.test(text);

  /** Return the { label } of a typed text, or its { problem }. */
  function interpret(typed) {
    const text = typed.normalize("NFC").trim().replace(/\s+/g, " ");
    const classes = allClasses();
    if (!text || classes.includes(text)) return { label: text };
    const match = classes.find((name) => looseForm(name) === looseForm(text));
    if (match !== undefined) return { label: match };
    const mark = marks.get(text.toLowerCase().replace(/[- _]+/g, "_"));
    if (mark) return { label: mark };
    if (settings.missing.includes(text.toLowerCase())) {
      return { problem: `“${text}” reads like no answer: choose Cannot tell or Skip.` };
    }
    if (isNumber(text) && !classes.every(isNumber)) {
      return { problem: `“${text}” is a number: type the name of the class.` };
    }
    if (severalNames.test(text)) {
      return { problem: `“${text}” is a list of several names: type the name of one class.` };
    }
    return { label: text };
  }

  // Drawing.

  function buttonOf(name, number) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = button.dataset.label = name;
    if (number <= 10) button.dataset.key = String(number % 10);
    return button;
  }

  /** Put buttons for all classes on each card, if there are few. */
  function drawClasses() {
    const classes = allClasses();
    const buttons = classes.length <= settings.buttons ? classes.map((name, place) => buttonOf(name, place + 1)) : [];
    element("classes").replaceChildren(...classes.map((name) => new Option("", name)));
    for (const card of cards) {
      card.querySelector(".what").textContent = buttons.length ? "Other class" : "Class";
      card.querySelector(".classes").replaceChildren(...buttons.map((button) => button.cloneNode(true)));
    }
    cards.forEach(draw);
  }

  function draw(card) {
    const { label, note } = answerOf(card);
    const buttons = [...card.querySelectorAll("button")];
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.label === label);
    card.querySelector(".other").value = buttons.some((button) => button.dataset.label === label) ? "" : label;
    card.querySelector(".note").value = note;
    card.classList.toggle("answered", label !== "");
  }

  const isOpen = (card) => !answerOf(card).label && !("removed" in card.dataset);
  const countDone = () => cards.filter((card) => answerOf(card).label).length;

  function drawProgress() {
    element("count").textContent = `${countDone()} of ${cards.length}`;
    element("progress").value = countDone();
    element("save").classList.toggle("main", state.unsaved);
  }

  function drawAll() {
    element("who").value = state.who;
    drawClasses();
    drawProgress();
  }

  // Answering.

  function change(card, part) {
    // If one person returns two files, the later answer counts.
    const answer = { ...answerOf(card), ...part, when: new Date().toISOString().replace(/\.\d+Z$/, "Z") };
    if (answer.label || answer.note) state.answers[card.cells.sample] = answer;
    else delete state.answers[card.cells.sample];
    state.unsaved = true;
    const labels = new Set(Object.values(state.answers).map(({ label }) => label));
    const added = state.added.filter((name) => labels.has(name));
    const isNew = answer.label && !isMark(answer.label) && ![...settings.classes, ...added].includes(answer.label);
    if (isNew) added.push(answer.label);
    const hasNewClasses = added.join("\n") !== state.added.join("\n");
    state.added = added;
    store();
    if (hasNewClasses) drawClasses();
    else draw(card);
    drawProgress();
    const isLast = part.label && !cards.some(isOpen);
    element("message").textContent =
      (isNew ? `“${answer.label}” is a new class. ` : "") + (isLast ? "That was the last one: save your answers." : "");
    show(card, "");
  }

  function show(card, problem) {
    const place = card.querySelector(".controls .problem");
    place.textContent = problem;
    place.hidden = !problem;
  }

  /** Take the typed class; return whether it is valid. */
  function take(card) {
    const field = card.querySelector(".other");
    if (!field.value.trim() && card.querySelector('button[aria-pressed="true"]')) return true;
    const { label, problem } = interpret(field.value);
    if (problem) show(card, problem);
    else if (label !== answerOf(card).label) change(card, { label });
    else draw(card);
    return !problem;
  }

  // Going from picture to picture.

  let current = null;

  function goTo(card) {
    if (!card) return;
    if (current?.classList.contains("large") && current !== card) {
      current.classList.remove("large");
      card.classList.add("large");
    }
    current = card;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  /** Return the next picture that needs an answer after a card, or the first one. */
  function nextOpen(card) {
    const start = cards.indexOf(card) + 1;
    return [...cards.slice(start), ...cards.slice(0, start)].find(isOpen);
  }

  function enlarge(card) {
    card.classList.toggle("large");
    goTo(card);
  }

  /** Return the number of pictures in a row. */
  function columns() {
    const count = cards.findIndex((card) => card.offsetTop !== cards[0].offsetTop);
    return count < 0 ? cards.length : count;
  }

  /** Go on after an answer from the keyboard; with many classes, to the field of the next card. */
  function goOn(card, types) {
    const next = nextOpen(card);
    goTo(next || card);
    if (next && types && allClasses().length > settings.buttons) next.querySelector(".other").focus();
  }

  function pressKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !cards.length) return;
    const card = event.target.closest("article");
    if (event.target.matches("input")) {
      if (!card) return;
      if (event.key === "Escape") goTo(card);
      else if (event.key === "Enter" && event.target.matches(".note")) goTo(card);
      // Later, since some browsers put the suggestion that Enter chooses into the field only then.
      else if (event.key === "Enter") setTimeout(() => take(card) && answerOf(card).label && goOn(card, true));
      return;
    }
    const isOnButton = event.target.matches("button, a, summary");
    const here = card || current;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() };
    const key = event.key.toLowerCase();
    const button = here && [...here.querySelectorAll("[data-key]")].find((candidate) => candidate.dataset.key === key);
    if (event.key in steps && here) goTo(cards[cards.indexOf(here) + steps[event.key]]);
    else if (event.key === "ArrowRight" || key === "n") goTo(nextOpen(here) || here);
    else if (button) {
      change(here, { label: button.dataset.label });
      goOn(here, false);
    } else if (key === "z" && here) enlarge(here);
    else if (event.key === "Enter" && here && !isOnButton) here.querySelector(".other").focus();
    else if (event.key === "Backspace" && here) change(here, { label: "" });
    else return;
    event.preventDefault();
  }

  // Saving.

  const quote = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  /** Return the list of the batch with the answers, as CSV. */
  function list() {
    const lines = [settings.columns];
    for (const card of cards) {
      const { label, note, when } = answerOf(card);
      const row = { ...card.cells, label, note, who: label && state.who, when: label && when };
      lines.push(settings.columns.map((name) => quote(String(row[name] ?? ""))));
    }
    return lines.map((cells) => `${cells.join(",")}\n`).join("");
  }

  /** Return why a name cannot be taken in (see ledger/formats/annotators.py). */
  function nameProblem(name) {
    if (!name) return "First write your name.";
    if (/^[=+@-]/.test(name)) return "A name cannot begin with =, +, - or @.";
    return /[\p{L}\p{N}]/u.test(name) ? "" : "A name needs a letter or a digit.";
  }

  function save() {
    const problem = nameProblem(state.who);
    if (problem) {
      element("message").textContent = problem;
      element("who").closest("details").open = true;
      element("who").focus();
      return;
    }
    const invalid = cards.find((card) => !take(card));
    if (invalid) return goTo(invalid);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([list()], { type: "text/csv;charset=utf-8" }));
    // Two people who return the same batch must not overwrite each other's file.
    const who = state.who.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "somebody";
    link.download = `${settings.batch}-${who}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    state.unsaved = false;
    store();
    drawProgress();
    const unanswered = cards.find((card) => answerOf(card).note && !answerOf(card).label);
    element("message").textContent =
      `Saved ${link.download} with ${countDone()} of ${cards.length} answers.` +
      (unanswered ? ` The note on ${unanswered.id.slice(1)} needs an answer beside it.` : "");
  }

  // The page.

  element("kept").dataset.text = element("kept").textContent;
  for (const card of cards) {
    card.append(element("controls").content.cloneNode(true));
    card.addEventListener("focusin", () => (current = card));
    card.querySelector(".other").addEventListener("change", () => take(card));
    card.querySelector(".note").addEventListener("change", (event) => change(card, { note: event.target.value.trim() }));
    card.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (event.target.matches("img")) enlarge(card);
      else if (button) change(card, { label: button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.label });
    });
  }
  element("who").addEventListener("change", () => {
    state.who = element("who").value.trim().replace(/\s+/g, " ");
    store();
  });
  element("next").addEventListener("click", () => goTo(nextOpen(current)));
  element("save").addEventListener("click", save);
  element("clear").addEventListener("click", () => {
    if (!confirm("Clear all answers in this browser? Files that you saved stay.")) return;
    state = { who: "", unsaved: false, added: [], answers: {} };
    store();
    drawAll();
  });
  document.addEventListener("keydown", pressKey);
  // The same sheet in another tab.
  addEventListener("storage", (event) => {
    if (event.key !== settings.key) return;
    state = storedState() || state;
    drawAll();
  });
  addEventListener("beforeunload", (event) => {
    if (state.unsaved && !isStored) event.preventDefault();
  });
  const bar = document.querySelector(".bar");
  new ResizeObserver(() => {
    document.documentElement.style.scrollPaddingTop = `${bar.offsetHeight + 12}px`;
  }).observe(bar);
  document.documentElement.classList.add("scripted");
  store();
  drawAll();
})();
