// Counts the segments of an SMS as bot/channels/segments.py does, by that module's own tables. The tests hold one against the other.
"use strict";

const Segments = (() => {
  const UNSENDABLE = /[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
  const MARK = /^\p{M}$/u;
  const CONTROL = /^\p{Cc}$/u;
  const SYMBOL = /^\p{So}$/u;
  const JOINER = "\u200d";
  const NON_JOINER = "\u200c";
  const fetched = new Map();

  const isSkinTone = (letter) => letter >= "\u{1f3fb}" && letter <= "\u{1f3ff}";
  const isHalfFlag = (letter) => letter >= "\u{1f1e6}" && letter <= "\u{1f1ff}";
  const attaches = (letter) => MARK.test(letter) || letter === JOINER || letter === NON_JOINER || isSkinTone(letter) || isHalfFlag(letter);

  function joins(cluster, letter) {
    const last = cluster.at(-1);
    if (CONTROL.test(last)) return false;
    if (isHalfFlag(letter)) return cluster.length === 1 && isHalfFlag(last);
    return attaches(letter) || (last === JOINER && SYMBOL.test(letter));
  }

  function graphemes(text) {
    const clusters = [];
    for (const letter of text) {
      if (clusters.length && joins(clusters.at(-1), letter)) clusters.at(-1).push(letter);
      else clusters.push([letter]);
    }
    return clusters.map((cluster) => cluster.join(""));
  }

  function segmentsOf(sizes, alone, inSeveral) {
    if (sizes.reduce((sum, size) => sum + size, 0) <= alone) return 1;
    let segments = 1;
    let used = 0;
    for (const size of sizes) {
      if (used + size > inSeveral) {
        segments += 1;
        used = 0;
      }
      used += size;
    }
    return segments;
  }

  const isGsm7 = (text, tables) => [...text].every((letter) => tables.gsm7.has(letter));
  const replaced = (text, table) => [...text].map((letter) => table.get(letter) ?? letter).join("");

  function measure(text, tables) {
    const encoding = isGsm7(text, tables) ? "GSM-7" : "UCS-2";
    const sizes = encoding === "GSM-7" ? [...text].map((letter) => (tables.extension.has(letter) ? 2 : 1)) : graphemes(text).map((one) => one.length);
    const chars = encoding === "GSM-7" ? sizes.reduce((sum, size) => sum + size, 0) : sizes.length;
    return { encoding, chars, segments: segmentsOf(sizes, tables.alone[encoding], tables.inSeveral[encoding]) };
  }

  function withoutAccent(letter, tables) {
    if (tables.gsm7.has(letter)) return letter;
    const [base] = letter.normalize("NFD");
    return /^[A-Za-z]$/.test(base) ? base : letter;
  }

  // The text as it is sent.
  function folded(text, tables) {
    const plain = replaced(text.replace(UNSENDABLE, "").normalize("NFC"), tables.ours);
    let short = replaced(replaced(plain, tables.smart), tables.accents);
    if (tables.dropsAccents) short = [...short].map((letter) => withoutAccent(letter, tables)).join("");
    return isGsm7(short, tables) ? short : replaced(plain, tables.smartInAnyScript);
  }

  async function fetchTables(locale) {
    const response = await fetch(`/desk/segments/${locale}`);
    if (!response.ok) throw new Error("no tables");
    const told = await response.json();
    const maps = ["ours", "smart", "smartInAnyScript", "accents"].map((name) => [name, new Map(Object.entries(told[name]))]);
    return { ...told, ...Object.fromEntries(maps), gsm7: new Set(told.basic + told.extension), extension: new Set(told.extension) };
  }

  // The tables of a locale, fetched once.
  function tables(locale) {
    if (!fetched.has(locale)) {
      fetched.set(
        locale,
        fetchTables(locale).catch(() => {
          fetched.delete(locale);
          return null;
        }),
      );
    }
    return fetched.get(locale);
  }

  return { tables, measure, folded };
})();
