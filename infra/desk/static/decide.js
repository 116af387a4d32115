// Faces come after the page: they are cut out of frames, which takes a moment. One key decides.
const looks = document.getElementById("looks");
if (looks) {
  fetch(looks.dataset.from)
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((html) => { looks.innerHTML = html; })
    .catch(() => { looks.textContent = ""; });
}
const decision = document.getElementById("decision");
if (decision) {
  decision.addEventListener("submit", (event) => {
    decision.elements.confirmed.value = event.submitter?.dataset.confirmed || "0";
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    if (event.key === "u") document.getElementById("undo")?.requestSubmit();
    else if (event.key === "n") { decision.querySelector("details").open = true; decision.elements.looks_like.focus(); event.preventDefault(); }
    else decision.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
}
