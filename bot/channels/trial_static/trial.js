"use strict";

const BETWEEN_LOOKS = 1500; // milliseconds

// A phone: its id, its messages, and a way to send. The id is made here at random; closing or renewing the page forgets it.
class Phone {
  constructor(section, path) {
    this.section = section;
    this.path = path;
    this.log = section.querySelector(".log");
    this.input = section.querySelector("textarea");
    section.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.write();
    });
    section.querySelector(".new").addEventListener("click", () => {
      this.renew();
      this.input.focus();
    });
  }

  // Makes another person of it.
  renew() {
    const random = crypto.getRandomValues(new Uint8Array(16));
    this.id = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.log.replaceChildren();
  }

  write() {
    const text = this.input.value;
    this.input.focus();
    if (!text.trim()) return;
    this.input.value = "";
    this.send(text, { text });
  }

  // Shows what the person does, posts it, and shows what comes back.
  async send(shown, fields) {
    const id = this.id;
    const mine = shown === null ? null : this.show("mine", "You:", shown);
    const start = performance.now();
    const { answer, problem } = await post(this.path, { phone: id, ...fields });
    if (id !== this.id) return; // the phone was renewed meanwhile
    if (problem) this.note(problem, "wrong");
    else this.receive(answer, mine, `${Math.round(performance.now() - start)} ms`);
  }

  show(side, speaker, text) {
    const entry = make("div", `entry ${side}`);
    entry.append(make("span", "unseen", speaker), bubble(text));
    return this.add(entry);
  }

  note(text, kind = "") {
    this.add(make("p", `note ${kind}`, text));
  }

  // Scrolls to the end, but not past the beginning of the newest message.
  uncover(element) {
    this.log.scrollTop = element.offsetTop - 12;
  }

  add(element) {
    this.log.append(element);
    this.uncover(element);
    return element;
  }
}

class SmsPhone extends Phone {
  constructor(section) {
    super(section, "/trial/sms");
    this.country = section.querySelector(".country");
    this.price = section.querySelector(".price");
    this.country.addEventListener("change", () => {
      this.renew();
      this.note("another number: another person");
    });
    this.price.addEventListener("input", () => this.reckon());
  }

  renew() {
    super.renew();
    this.section.querySelector(".number bdi").textContent = "";
    this.reckon();
  }

  send(shown, fields) {
    return super.send(shown, { ...fields, country: this.country.value });
  }

  receive(answer, mine, time) {
    this.section.querySelector(".number bdi").textContent = answer.number;
    this.arrive(answer.arrived);
    if (answer.text) this.showTheirs(answer, "Reply:", time);
    else this.note(`no reply · ${time}`);
  }

  arrive(messages) {
    for (const message of messages) this.showTheirs(message, "Message:", "came by itself");
  }

  showTheirs(message, speaker, how) {
    const meta = make("p", "meta", `${message.encoding} · ${count(message.segments, "segment")} · ${count(message.chars, "character")} · `);
    const cost = make("span", "cost");
    cost.dataset.segments = message.segments;
    meta.append(cost, ` · ${how}`);
    const entry = this.show("theirs", speaker, message.text);
    entry.append(meta);
    this.reckon();
    this.uncover(entry);
  }

  // Writes what each reply and all of them cost at the price that stands in the field.
  reckon() {
    const price = this.price.valueAsNumber || 0;
    const costs = [...this.log.querySelectorAll(".cost")];
    let segments = 0;
    for (const cost of costs) {
      segments += Number(cost.dataset.segments);
      cost.textContent = cents(cost.dataset.segments * price);
    }
    const totals = `${count(costs.length, "reply", "replies")} · ${count(segments, "segment")} · ${cents(segments * price)}`;
    this.section.querySelector(".totals").textContent = totals;
  }
}

class TelegramPhone extends Phone {
  constructor(section) {
    super(section, "/trial/telegram");
    this.language = section.querySelector(".language");
    this.menus = [...section.querySelectorAll(".menu")];
    this.typing = section.querySelector(".typing");
    this.entries = new Map(); // by message id, for when the bot deletes
    this.language.addEventListener("change", () => this.fillCommands());
    for (const button of section.querySelectorAll("[data-kind]")) {
      this.choose(button, `[${button.textContent}]`, { kind: button.dataset.kind });
    }
    for (const button of section.querySelectorAll("[data-lat]")) {
      const { lat, lon } = button.dataset;
      this.choose(button, `[Location: ${button.textContent}]`, { location: { lat: Number(lat), lon: Number(lon) } });
    }
    for (const menu of this.menus) {
      menu.addEventListener("toggle", () => menu.open && this.closeMenus(menu));
    }
    section.addEventListener("keydown", (event) => {
      const open = this.menus.find((menu) => menu.open);
      if (event.key !== "Escape" || !open) return;
      this.closeMenus();
      open.querySelector("summary").focus();
    });
    this.fillLanguages();
  }

  renew() {
    super.renew();
    this.entries.clear();
    this.typing.textContent = "";
  }

  // A button of a menu sends something, then the menu closes.
  choose(button, shown, fields) {
    button.addEventListener("click", () => {
      this.closeMenus();
      this.input.focus();
      this.send(shown, fields);
    });
  }

  closeMenus(but = null) {
    for (const menu of this.menus) if (menu !== but) menu.open = false;
  }

  async fillLanguages() {
    const response = await fetch("/trial/languages");
    this.languages = await response.json();
    for (const { tag, name } of this.languages) this.language.append(new Option(name, tag));
    this.language.value = this.languages[0].tag;
    this.fillCommands();
  }

  // The command menu comes in the app's language, in the first one where that is not told, as at Telegram.
  fillCommands() {
    const { commands } = this.languages.find(({ tag }) => tag === this.language.value) ?? this.languages[0];
    this.section.querySelector(".commands").replaceChildren(
      ...commands.map(({ name, description }) => {
        const button = make("button");
        button.type = "button";
        const words = make("span", "", description);
        words.dir = "auto";
        button.append(make("code", "", `/${name}`), words);
        this.choose(button, `/${name}`, { text: `/${name}` });
        const item = make("li");
        item.append(button);
        return item;
      }),
    );
  }

  send(shown, fields) {
    return super.send(shown, { ...fields, language: this.language.value });
  }

  receive(answer, mine, time) {
    if (mine) this.entries.set(answer.own, mine);
    this.arrive(answer.arrived);
    this.remove(answer.deleted);
    for (const message of answer.messages) this.showTheirs(message, "Reply:", time);
    if (!answer.messages.length) this.note(`no reply · ${time}`);
  }

  arrive({ messages, deleted, typing }) {
    this.remove(deleted);
    for (const message of messages) this.showTheirs(message, "Message:", "came by itself");
    this.typing.textContent = typing ? "typing…" : "";
  }

  showTheirs(message, speaker, how) {
    const entry = this.show("theirs", speaker, message.text);
    if (message.buttons.length) entry.append(this.keys(message.buttons));
    entry.append(make("p", "meta", how));
    this.entries.set(message.id, entry);
    this.uncover(entry);
  }

  remove(ids) {
    for (const id of ids) {
      this.entries.get(id)?.remove();
      this.entries.delete(id);
    }
    if (ids.length) this.note(`the bot deleted ${count(ids.length, "message")}`);
  }

  // The buttons below a message. They stay when newer ones come, as at Telegram.
  keys(rows) {
    const list = make("ul", "keys");
    for (const { text, data } of rows.flat()) {
      const button = make("button", "", text);
      button.type = "button";
      button.dir = "auto";
      button.addEventListener("click", () => this.send(null, { button: data }));
      const item = make("li");
      item.append(button);
      list.append(item);
    }
    return list;
  }
}

function make(tag, classes = "", text = "") {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.textContent = text;
  return element;
}

function bubble(text) {
  const element = make("p", "bubble", text);
  element.dir = "auto";
  return element;
}

function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

function cents(amount) {
  return `${amount.toFixed(1)} ¢`;
}

async function post(path, fields) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    if (response.ok) return { answer: await response.json() };
    return { problem: `The service refused this (${response.status}).` };
  } catch {
    return { problem: "The service does not answer. Is it still running?" };
  }
}

// Fetches what came to both phones without their asking. A page that nobody sees does not ask, and shows it when it is seen again.
async function collect() {
  if (document.visibilityState !== "visible") return;
  const { id, country } = sms;
  const of = telegram.id;
  const { answer } = await post("/trial/inbox", { sms: id, country: country.value, telegram: of });
  if (!answer) return; // a phone says so itself when something is sent from it
  if (id === sms.id) sms.arrive(answer.sms);
  if (of === telegram.id) telegram.arrive(answer.telegram);
}

const sms = new SmsPhone(document.getElementById("sms"));
const telegram = new TelegramPhone(document.getElementById("telegram"));
sms.renew();
telegram.renew();
document.addEventListener("visibilitychange", collect);
(async () => {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
    await collect();
  }
})();
