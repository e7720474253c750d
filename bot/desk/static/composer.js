// Writing to a person: drafts, counting, sending in order. Drafts and what is not sent yet are kept in this page's memory, by case.
"use strict";

const Composer = (() => {
  const { sentences, fill, find, post, say, shownCase } = Desk;
  const MOST = 1_000;
  const TYPING_EVERY = 4_000;
  const PAUSES = [1_000, 2_000, 4_000, 8_000]; // ms between tries
  const drafts = new Map();
  const outboxes = new Map(); // by case: {key, text, state, sentence}, in order
  const sending = new Set();
  let lastTyping = 0;
  let wake = () => {};

  const characters = (text) => [...text];
  const outbox = (id) => outboxes.get(id) ?? outboxes.set(id, []).get(id);

  // --- the draft ------------------------------------------------------------------------------------------------------------------

  function cut(field) {
    const text = field.value;
    if (text.length <= MOST) return false;
    const letters = characters(text);
    if (letters.length <= MOST) return false;
    const at = field.selectionStart;
    field.value = letters.slice(0, MOST).join("");
    field.setSelectionRange(Math.min(at, field.value.length), Math.min(at, field.value.length));
    return true;
  }

  async function count() {
    const field = find("draft");
    const { channel, locale } = find("case").dataset;
    const text = field.value;
    const parts = [fill(sentences.characters, { count: characters(text).length })];
    const tables = channel === "sms" && text.trim() ? await Segments.tables(locale) : null;
    if (tables) parts.push(fill(sentences.segments, { count: Segments.measure(Segments.folded(text.trim(), tables), tables).segments }));
    if (find("draft")?.value === text) find("count").textContent = parts.join(" · ");
  }

  function changed() {
    const field = find("draft");
    const wasCut = cut(field);
    find("cut").textContent = wasCut ? sentences.cut : "";
    if (field.value) drafts.set(shownCase(), field.value);
    else drafts.delete(shownCase());
    count();
  }

  function typing() {
    if (find("case").dataset.typing !== "yes" || !find("draft").value.trim() || Date.now() - lastTyping < TYPING_EVERY) return;
    lastTyping = Date.now();
    post(`/desk/case/${shownCase()}/typing`);
  }

  // Puts words into the draft where the cursor is, with a space before and behind them where words stand there.
  function insert(words) {
    const field = find("draft");
    if (!field) return;
    const { selectionStart: start, selectionEnd: end, value } = field;
    const before = start && !/\s/.test(value[start - 1]) ? " " : "";
    const behind = end < value.length && !/\s/.test(value[end]) ? " " : "";
    field.setRangeText(before + words + behind, start, end, "end");
    field.focus();
    changed();
  }

  // --- sending --------------------------------------------------------------------------------------------------------------------

  function show() {
    const list = find("pending");
    if (!list) return;
    const fresh = outbox(shownCase()).map((one) => {
      const item = document.createElement("li");
      item.className = "said mine pending";
      const meta = document.createElement("p");
      meta.className = "meta";
      meta.textContent = [sentences.you, sentences[one.state], one.sentence].filter(Boolean).join(" · ");
      const bubble = document.createElement("p");
      bubble.className = "bubble";
      bubble.dir = "auto";
      bubble.textContent = one.text;
      item.append(meta, bubble);
      return item;
    });
    list.replaceChildren(...fresh);
    list.hidden = !fresh.length;
  }

  // What is in the conversation is no longer pending.
  function prune() {
    const kept = outbox(shownCase()).filter((one) => one.state !== "accepted" || !find(`said-${one.key}`));
    outboxes.set(shownCase(), kept);
    show();
  }

  function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function send() {
    const field = find("draft");
    const text = field.value.trim();
    const id = shownCase();
    if (!text || find("composer").hidden) return;
    outbox(id).push({ key: newKey(), text, state: "waits", sentence: "" });
    field.value = "";
    changed();
    show();
    drain(id);
  }

  function pause(tries) {
    return new Promise((done) => {
      wake = done;
      setTimeout(done, PAUSES[Math.min(tries, PAUSES.length - 1)]);
    });
  }

  // One after the other: the next one only when the one before it was accepted or refused.
  async function drain(id) {
    if (sending.has(id)) return;
    sending.add(id);
    let tries = 0;
    for (let next; (next = outbox(id).find((one) => one.state === "waits" || one.state === "sending" || one.state === "retrying")); ) {
      next.state = tries ? "retrying" : "sending";
      show();
      const { ok, status, sentence } = await post(`/desk/case/${id}/answer`, { key: next.key, text: next.text });
      if (ok) next.state = "accepted";
      else if (status >= 400 && status < 500 && status !== 423) Object.assign(next, { state: "refused", sentence });
      else await pause(tries++);
      if (next.state === "accepted" || next.state === "refused") tries = 0;
      if (ok && id === shownCase()) htmx.trigger("#live", "desk:case");
      show();
    }
    sending.delete(id);
  }

  // --- what happens ---------------------------------------------------------------------------------------------------------------

  function writable() {
    const form = find("composer");
    if (form) form.hidden = find("state").dataset.writable !== "yes";
  }

  document.addEventListener("desk:entered", () => {
    if (!find("draft")) return;
    find("draft").value = drafts.get(shownCase()) ?? "";
    count();
    writable();
    prune();
  });
  document.addEventListener("desk:live", () => {
    writable();
    prune();
  });
  document.addEventListener("desk:found", () => wake());
  document.addEventListener("desk:unlocked", () => wake());
  document.addEventListener("desk:ended", ({ detail: id }) => {
    drafts.delete(id);
    outboxes.delete(id);
  });
  document.addEventListener("insert-draft", ({ detail }) => insert(String(detail?.text ?? detail)));
  document.addEventListener("input", (event) => {
    if (event.target.id !== "draft") return;
    changed();
    typing();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "draft" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    send();
    find("draft").focus();
  });

  return { insert };
})();

Desk.begin();
