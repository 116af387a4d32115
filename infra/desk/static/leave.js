// Whoever leaves this device leaves nothing on it that he typed and did not send.
addEventListener("submit", (event) => {
  if (!("leaves" in event.target.dataset)) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("decide|")) localStorage.removeItem(key);
});
