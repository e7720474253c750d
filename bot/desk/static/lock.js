// The form that unlocks the screen, on a page of its own or in place of the desk.
"use strict";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "unlock") return;
  event.preventDefault();
  const problem = document.getElementById("lock-problem");
  const button = form.querySelector("button");
  button.disabled = true;
  problem.textContent = "";
  try {
    const fields = new URLSearchParams(new FormData(form));
    const response = await fetch(form.action, { method: "POST", headers: { "X-CSRF": fields.get("csrf") }, body: fields });
    if (response.ok) return document.dispatchEvent(new Event("desk:unlocked"));
    if (response.status === 401) return location.replace("/desk/sign-in");
    problem.textContent = await response.text();
  } catch {
    problem.textContent = form.dataset.failed;
  } finally {
    button.disabled = false;
  }
  form.elements.password.value = "";
  form.elements.password.focus();
});

document.addEventListener("desk:unlocked", () => {
  if (!document.getElementById("app")) location.reload();
});

document.getElementById("unlock-password")?.focus();
