// The desk's page: listens to what changes, goes from room to room, locks itself, and makes itself heard. Words of people are in the page
// and nowhere else: nothing is put into any storage of the browser.
"use strict";

// htmx notes the address of each page there as it is loaded, even where its history is off.
sessionStorage.clear();

const Desk = (() => {
  const body = document.body;
  const sentences = JSON.parse(body.dataset.sentences);
  const clock = Number(body.dataset.now) * 1000 - Date.now(); // the service's clock is so much ahead
  const idleAfter = Number(body.dataset.idle) * 1000;
  const SEEN_EVERY = 60_000;
  const SILENT = 20_000; // ms without a sign of life after which a connection is lost
  let title = document.title; // of the room, whatever is flashed

  const find = (id) => document.getElementById(id);
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const shownCase = () => find("case")?.dataset.case ?? "";
  const isLocked = () => Boolean(find("locked"));

  // --- what the service answers -------------------------------------------------------------------------------------------------

  function say(id, sentence) {
    const place = find(id);
    if (!place || place.textContent === sentence) return;
    const line = document.createElement("p");
    line.textContent = sentence;
    place.replaceChildren(...(sentence ? [line] : []));
  }

  // Follows what an answer says beside its content; whether that was all.
  function follow(status, header) {
    if (header("X-Leave")) location.replace(header("X-Leave"));
    else if (status === 401) location.replace("/desk/sign-in");
    else if (status === 423) lockScreen();
    else if (header("X-Go")) go(header("X-Go"));
    else return false;
    return true;
  }

  // Sends something; tells what came back. Never fails.
  async function post(path, fields = {}) {
    try {
      const response = await fetch(path, {
        method: "POST",
        headers: { "X-CSRF": body.dataset.csrf },
        body: new URLSearchParams(fields),
      });
      follow(response.status, (name) => response.headers.get(name));
      return { ok: response.ok, status: response.status, sentence: response.ok ? "" : await response.text() };
    } catch {
      return { ok: false, status: 0, sentence: sentences.failed };
    }
  }

  async function act(path, fields) {
    say("problem", "");
    const { ok, sentence } = await post(path, fields);
    if (!ok) say("problem", sentence);
  }

  body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF"] = body.dataset.csrf;
  });
  body.addEventListener("htmx:afterRequest", ({ detail }) => {
    const { xhr, requestConfig, successful, elt } = detail;
    const acted = requestConfig.verb === "post";
    if (acted && successful) say("problem", "");
    const available = xhr.getResponseHeader("X-Available");
    if (available) showAvailable(available === "yes");
    if (follow(xhr.status, (name) => xhr.getResponseHeader(name)) || successful) return;
    if (acted) say("problem", xhr.status ? xhr.responseText : sentences.failed);
    else if (elt.id === "live" && [403, 410].includes(xhr.status)) showOver(xhr.responseText);
    else if (xhr.status === 503) say("connection", sentences.away);
    else say("connection", sentences.lost);
    if (acted) htmx.trigger(body, "desk:board");
  });

  // Idiomorph in htmx. Its own extension would also take a configuration out of the page and evaluate it.
  htmx.defineExtension("morph", {
    handleSwap(style, target, fragment) {
      if (style !== "morph:innerHTML") return false;
      return Idiomorph.morph(target, fragment.children, {
        morphStyle: "innerHTML",
        callbacks: {
          // A length of time that is shown stays until it is another one.
          beforeNodeMorphed(old, fresh) {
            if (old.nodeName === "TIME" && fresh.nodeName === "TIME") fresh.textContent = old.textContent;
          },
        },
      });
    },
  });

  // --- rooms ------------------------------------------------------------------------------------------------------------------------

  async function page(path) {
    const response = await fetch(path);
    if (response.redirected || response.status === 423) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html");
  }

  // Shows another room without leaving the page, so that drafts stay.
  async function go(path, push = true) {
    let fresh;
    try {
      fresh = await page(path);
    } catch {
      return say("problem", sentences.failed);
    }
    const room = fresh?.getElementById("room");
    if (!room) return location.assign(path);
    if (push && path !== location.pathname) history.pushState(null, "", path);
    find("room").replaceWith(document.adoptNode(room));
    say("problem", "");
    title = fresh.title;
    if (!missed) document.title = title;
    enter();
    settle();
    htmx.trigger(body, "desk:board");
  }

  // Where one goes on: at the draft, with the newest words above it in sight.
  function settle() {
    const draft = find("draft");
    if (!draft) return find("room").focus();
    draft.focus({ preventScroll: true });
    find("composer").scrollIntoView({ block: "end" });
  }

  function enter() {
    htmx.process(find("room"));
    for (const link of document.querySelectorAll("#mine [data-case]")) mark(link);
    document.dispatchEvent(new Event("desk:entered"));
    tick();
    toEnd();
  }

  function mark(link) {
    if (link.dataset.case === shownCase()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }

  function showOver(sentence) {
    const over = document.createElement("div");
    over.className = "over";
    const line = document.createElement("p");
    line.className = "banner";
    line.setAttribute("role", "alert");
    line.textContent = sentence;
    const link = document.createElement("a");
    link.className = "button";
    link.href = "/desk";
    link.dataset.go = "";
    link.textContent = sentences.to_board;
    over.append(line, link);
    find("room").replaceChildren(over);
    link.focus();
  }

  window.addEventListener("popstate", () => isLocked() || go(location.pathname, false));
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-go]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      link.closest("details")?.removeAttribute("open");
      go(link.getAttribute("href"));
    }
    const opener = event.target.closest("[data-open]");
    if (opener) {
      event.preventDefault();
      const details = find(opener.dataset.open);
      details.open = true;
      details.querySelector("summary").focus();
    }
    const button = event.target.closest("[data-act]");
    if (button) {
      const fields = { asks: button.dataset.asks ?? "", to: button.dataset.to ?? "" };
      act(`/desk/case/${shownCase()}/${button.dataset.act}`, fields);
    }
    for (const menu of document.querySelectorAll(".more[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("toggle", (event) => event.target.id === "transfer" && event.target.open && htmx.trigger("#colleagues", "desk:colleagues"), true);

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "wipe") return;
    event.preventDefault();
    act("/desk/wipe", { word: event.target.elements.word.value });
  });

  // --- times that pass ----------------------------------------------------------------------------------------------------------------

  const units = Object.fromEntries(
    ["second", "minute", "hour"].map((unit) => [
      unit,
      new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`, { style: "unit", unit, unitDisplay: "short" }),
    ]),
  );

  function length(seconds) {
    if (seconds < 10) return `< ${units.second.format(10)}`;
    if (seconds < 60) return units.second.format(Math.floor(seconds / 10) * 10);
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return units.minute.format(minutes);
    return `${units.hour.format(Math.floor(minutes / 60))} ${units.minute.format(minutes % 60)}`;
  }

  function tick() {
    const now = (Date.now() + clock) / 1000;
    for (const time of document.querySelectorAll("time[data-since]")) {
      const words = length(now - Number(time.dataset.since));
      if (time.textContent !== words) time.textContent = words;
    }
  }

  setInterval(tick, 5_000);

  // --- the log ---------------------------------------------------------------------------------------------------------------------

  let atEnd = true;
  let unheard = 0;

  function toEnd() {
    const log = find("log");
    if (log) log.scrollTop = log.scrollHeight;
    unheard = Number(find("state")?.dataset.unheard ?? 0);
  }

  body.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const log = find("log");
    if (detail.target.id === "live" && log) atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  });
  body.addEventListener("htmx:afterSwap", ({ detail }) => {
    tick();
    if (detail.target.id === "mine") for (const link of detail.target.querySelectorAll("[data-case]")) mark(link);
    if (detail.target.id !== "live") return;
    const before = unheard;
    unheard = Number(find("state").dataset.unheard);
    if (unheard > before) alarm("new_words");
    document.dispatchEvent(new Event("desk:live"));
    if (atEnd) find("log").scrollTop = find("log").scrollHeight;
  });

  // --- being heard -------------------------------------------------------------------------------------------------------------------

  let missed = 0;
  let sound = null; // an AudioContext where the advocate wants to hear it

  function isHere() {
    return document.visibilityState === "visible" && document.hasFocus();
  }

  function beep() {
    if (!sound) return;
    for (const [after, pitch] of [[0, 660], [0.18, 880]]) {
      const tone = sound.createOscillator();
      const loudness = sound.createGain();
      const start = sound.currentTime + after;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.2, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.16);
      tone.connect(loudness).connect(sound.destination);
      tone.start(start);
      tone.stop(start + 0.17);
    }
  }

  let flashing = 0;

  // Sound, and a title and sign that are seen in another tab.
  function alarm(what) {
    beep();
    if (isHere()) return;
    missed += 1;
    clearInterval(flashing);
    const words = `(${missed}) ${sentences[what]}`;
    document.title = words;
    find("icon").href = "/desk/static/desk-alert.svg";
    flashing = setInterval(() => {
      document.title = document.title === words ? `(${missed}) ${title}` : words;
    }, 1_500);
  }

  function heard() {
    if (!missed || !isHere()) return;
    missed = 0;
    clearInterval(flashing);
    document.title = title;
    find("icon").href = "/desk/static/desk.svg";
  }

  document.addEventListener("visibilitychange", heard);
  window.addEventListener("focus", heard);

  function showAvailable(available) {
    find("available")?.setAttribute("aria-pressed", String(available));
  }

  function isAvailable() {
    return find("available")?.getAttribute("aria-pressed") === "true";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#sound");
    if (!button) return;
    if (sound) {
      sound.close();
      sound = null;
    } else {
      sound = new AudioContext();
      beep();
    }
    button.setAttribute("aria-pressed", String(Boolean(sound)));
  });

  function showAlert({ case: id, number, why }) {
    const line = document.createElement("div");
    line.className = "banner urgent";
    const words = document.createElement("p");
    words.textContent = `⚠ ${fill(sentences[`alert_${why}`] ?? sentences.alert_urgent, { number })}`;
    const link = document.createElement("a");
    link.href = `/desk/case/${id}`;
    link.dataset.go = "";
    link.textContent = sentences.open;
    const dismiss = document.createElement("button");
    dismiss.type = "button";
    dismiss.textContent = sentences.dismiss;
    const gone = () => line.remove();
    dismiss.addEventListener("click", gone);
    link.addEventListener("click", gone);
    line.append(words, link, dismiss);
    line.id = `alert-${id}-${why}`;
    find(line.id)?.remove();
    find("alerts")?.append(line);
    alarm("new_words");
  }

  // --- the stream of what changes ---------------------------------------------------------------------------------------------------

  let source = null;
  let lastSign = Date.now();
  let isLost = false;

  function everything() {
    htmx.trigger(body, "desk:board");
    if (shownCase()) htmx.trigger("#live", "desk:case");
  }

  function lost() {
    isLost = true;
    say("connection", sentences.lost);
  }

  function found() {
    lastSign = Date.now();
    if (!isLost) return;
    isLost = false;
    say("connection", "");
    if (!isLocked()) everything();
    document.dispatchEvent(new Event("desk:found"));
  }

  const happened = {
    alive({ available }) {
      if (isLocked()) return;
      say("connection", "");
      showAvailable(available);
    },
    board({ came }) {
      htmx.trigger(body, "desk:board");
      if (came && isAvailable()) alarm("new_case");
    },
    case({ case: id }) {
      if (id === shownCase()) htmx.trigger("#live", "desk:case");
    },
    spoke({ case: id }) {
      if (id !== shownCase()) alarm("new_words");
    },
    ended({ case: id, why }) {
      document.dispatchEvent(new CustomEvent("desk:ended", { detail: id }));
      if (id === shownCase()) showOver(sentences[`ended_${why}`] ?? sentences.over);
    },
    alert: showAlert,
    everything,
    away() {
      say("connection", sentences.away);
    },
    wiped() {
      location.replace("/desk/wiped");
    },
    over() {
      location.replace("/desk/sign-in");
    },
    locked() {
      lockScreen();
    },
  };

  function listen() {
    source?.close();
    source = new EventSource("/desk/events");
    for (const [name, handle] of Object.entries(happened)) {
      source.addEventListener(name, (event) => {
        found();
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener("error", lost); // it tries again by itself, and what gave up is begun anew below
  }

  setInterval(() => {
    const silent = Date.now() - lastSign > SILENT;
    if (silent) lost();
    if (source.readyState === EventSource.CLOSED || (silent && source.readyState === EventSource.OPEN)) listen();
  }, 5_000);

  // --- nobody in front of the screen ------------------------------------------------------------------------------------------------

  let lastAct = Date.now();
  let lastSeen = Date.now();

  function seen() {
    if (isLocked()) return;
    lastAct = Date.now();
    if (lastAct - lastSeen < SEEN_EVERY) return;
    lastSeen = lastAct;
    post("/desk/seen");
  }

  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, seen, { passive: true });

  // Takes everything off the page but the form for the password.
  function lockScreen() {
    if (isLocked()) return;
    find("app").replaceChildren(find("lock-screen").content.cloneNode(true));
    document.title = find("locked").querySelector("h1").textContent;
    find("unlock-password").focus();
  }

  function lockNow() {
    if (isLocked()) return;
    lockScreen();
    post("/desk/lock");
  }

  setInterval(() => Date.now() - lastAct > idleAfter && lockNow(), 5_000);
  document.addEventListener("click", (event) => event.target.closest("#lock-now") && lockNow());
  document.addEventListener("desk:unlocked", async () => {
    lastAct = lastSeen = Date.now();
    const app = (await page(location.pathname).catch(() => null))?.getElementById("app");
    if (!app) return location.reload();
    find("app").replaceWith(document.adoptNode(app));
    find("sound").setAttribute("aria-pressed", String(Boolean(sound)));
    document.title = title;
    htmx.process(find("app"));
    enter();
    settle();
  });

  // --- erasing everything ---------------------------------------------------------------------------------------------------------------

  let presses = [];

  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyW" || !event.ctrlKey || !event.altKey || event.repeat || isLocked()) return;
    event.preventDefault();
    presses = [...presses.filter((at) => event.timeStamp - at < 3_000), event.timeStamp];
    if (presses.length < 3) return;
    presses = [];
    say("problem", sentences.wiping);
    act("/desk/wipe", { keys: "3" });
  });

  return { sentences, fill, find, post, say, shownCase, begin: () => (listen(), enter()) };
})();
