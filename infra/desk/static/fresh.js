// Parts of a page that change while it is open: they are fetched again and put in place, but none in which somebody
// types. A page whose work is done says no data-fresh any more, and stays.
const again = async () => {
  const page = document.querySelector("[data-fresh]");
  if (!page) return;
  if (!document.hidden) {
    const state = document.getElementById("fresh-state");
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.redirected) return location.reload(); // the session has ended: it asks who it is
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-part]")) {
        const now = fresh.getElementById(part.id);
        if (now && !part.contains(document.activeElement)) part.replaceWith(document.adoptNode(now));
      }
      if (state) state.textContent = answer.ok ? "" : state.dataset.lost;
    } catch {
      if (state) state.textContent = state.dataset.lost;
    }
  }
  setTimeout(again, 1000 * Number(page.dataset.fresh));
};
setTimeout(again, 1000 * Number(document.querySelector("[data-fresh]")?.dataset.fresh ?? 0) || 1000);
