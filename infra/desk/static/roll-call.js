// A roll call, one name after the other. Answers are kept on this device until the desk has them: they survive a closed
// tab and a cut network, and are sent as one message, under one id, however often it is tried.
const form = document.getElementById("roll");
const caller = document.getElementById("caller");
if (form) {
  const rows = [...form.querySelectorAll("[data-student]")];
  const key = `roll-call|${form.dataset.key}`;
  const state = document.getElementById("state");
  const kept = JSON.parse(localStorage.getItem(key) || "null") || { id: form.elements.id.value, at: form.elements.at.value, answers: {} };
  form.elements.id.value = kept.id;
  form.elements.at.value = kept.at;
  // Which marks stood when the names were shown first: what came after stays, however late this is sent.
  const marks = [...form.querySelectorAll("input[name^='s.']")];
  kept.seen ??= Object.fromEntries(marks.map((each) => [each.name, each.value]));
  for (const each of marks) each.value = kept.seen[each.name] || "";
  let at = 0;

  const choose = (row, verdict) => {
    const radio = [...row.querySelectorAll("input")].find((each) => each.value === verdict);
    if (radio) radio.checked = true;
  };
  const keep = () => {
    kept.answers = {};
    for (const row of rows) {
      const chosen = row.querySelector("input:checked");
      if (chosen) kept.answers[row.dataset.student] = chosen.value;
    }
    localStorage.setItem(key, JSON.stringify(kept));
  };
  const say = (text) => { state.hidden = !text; state.textContent = text; };

  const show = () => {
    const row = rows[at];
    document.getElementById("progress").textContent =
      row ? caller.dataset.of.replace("%at", at + 1).replace("%all", rows.length) : caller.dataset.done;
    document.getElementById("called-name").textContent = row ? row.dataset.name : "";
    document.getElementById("called-id").textContent = row ? row.dataset.student : "";
    for (const each of caller.querySelectorAll("[data-verdict]")) each.disabled = !row;
    rows.forEach((each) => each.classList.toggle("called-now", each === row));
    if (!row) document.getElementById("send").focus();
  };
  const answer = (verdict) => {
    if (!rows[at]) return;
    choose(rows[at], verdict);
    keep();
    at += 1;
    show();
  };
  const back = () => { at = Math.max(0, at - 1); show(); };

  const send = async () => {
    keep();
    say(caller.dataset.sending);
    try {
      const answer = await fetch(form.action || location.href, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "follow" });
      if (answer.status >= 500) throw new Error(answer.status);
      if (answer.status === 401) location.assign(`/sign-in?back=${encodeURIComponent(location.pathname + location.search)}`);
      else if (answer.ok) {
        localStorage.removeItem(key);
        location.assign(answer.url);
      } else form.submit();  // the page that the desk answers says what is wrong
    } catch {
      say(caller.dataset.kept);
      setTimeout(send, 3000);
    }
  };

  for (const row of rows) if (kept.answers[row.dataset.student]) choose(row, kept.answers[row.dataset.student]);
  at = rows.findIndex((row) => !row.querySelector("input:checked"));
  if (at < 0) at = rows.length;
  caller.hidden = false;
  caller.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.verdict) answer(button.dataset.verdict);
    else if (button && "back" in button.dataset) back();
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const verdict = { 1: "present", 2: "late", 3: "absent" }[event.key];
    if (verdict) { event.preventDefault(); answer(verdict); }
    else if (event.key === "ArrowLeft" || event.key === "Backspace") { event.preventDefault(); back(); }
  });
  form.addEventListener("change", keep);
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  show();
}
