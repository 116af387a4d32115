// Faces come after the page: they are cut out of frames, which takes a moment. One key decides.
const looks = document.getElementById("looks");
if (looks) {
  fetch(looks.dataset.from)
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((html) => { looks.innerHTML = html; })
    .catch(() => { looks.textContent = ""; });
}
const decision = document.getElementById("decision");
const undo = document.getElementById("undo");

// What is typed about a student is kept on this device until the desk has it: it survives a desk or a network that is
// away. It is his alone, and of whoever typed it.
const kept = (key) => JSON.parse(localStorage.getItem(key) || "null");
const done = document.querySelector("[data-done]");
if (done) {
  for (const key of Object.keys(localStorage)) if (key.startsWith("decide|") && kept(key).id === done.dataset.done) localStorage.removeItem(key);
}
if (decision) {
  const { id, reason, looks_like: alike } = decision.elements;
  const { key } = decision.dataset;
  const shown = alike?.value;
  const more = ["from", "until", "wished"].filter((name) => decision.elements[name]);
  const keep = () => {
    const said = Object.fromEntries(more.map((name) => [name, decision.elements[name].value]));
    if (!reason.value && alike?.value === shown) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ id: id.value, reason: reason.value, alike: alike?.value, ...said }));
  };
  const before = kept(key);
  if (before && !reason.value) {
    reason.value = before.reason;
    for (const name of more) if (before[name] !== undefined) decision.elements[name].value = before[name];
    if (alike) {
      if ([...alike.options].some((each) => each.value === before.alike)) alike.value = before.alike;
      decision.querySelector("details").open = alike.value !== shown;
    }
    document.getElementById("kept").hidden = false;
  }
  decision.addEventListener("input", keep);
  decision.addEventListener("submit", (event) => {
    if (decision.elements.confirmed) decision.elements.confirmed.value = event.submitter?.dataset.confirmed || "0";
    keep();
  });
}
// Where Hangul is being typed a key is no letter; then its place on the keyboard says which one is meant.
const letter = ({ key, code }) => (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, "")).toLowerCase();
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const key = letter(event);
  if (key === "u") undo?.requestSubmit();
  else if (!decision) return;
  else if (key === "n" && decision.elements.looks_like) { decision.querySelector("details").open = true; decision.elements.looks_like.focus(); event.preventDefault(); }
  else decision.querySelector(`[data-key="${CSS.escape(key)}"]`)?.click();
});
