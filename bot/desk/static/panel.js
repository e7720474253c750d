// What is picked in the panel becomes the event "insert-draft" of the page, whose composer puts it into the draft.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-draft]") : null;
  if (button) {
    button.dispatchEvent(new CustomEvent("insert-draft", { bubbles: true, detail: { text: button.dataset.draft } }));
  }
});
