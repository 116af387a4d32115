// A live page: one stream of events for all tabs of a browser that show the same page, and no gap after a lost
// connection or a sleep: the server sends whatever changed after the position that a tab has seen.
const page = document.querySelector("[data-stream]");
if (page) {
  const address = page.dataset.stream;
  const channel = new BroadcastChannel(address);
  const state = document.getElementById("link");
  let after = page.dataset.after;

  const link = (live) => {
    state.textContent = live ? state.dataset.live : state.dataset.lost;
    state.classList.toggle("lost", !live);
  };

  const apply = ({ id, html }) => {
    after = id;
    const made = document.createElement("template");
    made.innerHTML = html;
    for (const part of [...made.content.children]) put(document.adoptNode(part));
  };

  // A new picture is loaded before it takes the place of the old one; of two that are on their way the later one holds.
  const coming = new Map();
  const put = async (part) => {
    coming.set(part.id, part);
    const pictures = [...part.querySelectorAll("img")];
    if (pictures.length) await Promise.allSettled(pictures.map((each) => { each.loading = "eager"; return each.decode(); }));
    if (coming.get(part.id) !== part) return;
    document.getElementById(part.id)?.replaceWith(part);
    if (document.querySelector("#phase[data-over]")) over();
    else ages();
  };

  // The class hour is over: what stands here stays.
  let stop = () => {};
  const over = () => {
    stop();
    state.textContent = "";
    for (const each of page.querySelectorAll(".age[data-at]")) {
      each.textContent = each.dataset.said ?? each.textContent;
      each.closest("figure").classList.remove("stale");
      each.removeAttribute("data-at");
    }
  };

  const counted = (count, unit) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(count);

  // The age of each last frame: grey after 30 s.
  const ages = () => {
    for (const each of page.querySelectorAll(".age[data-at]")) {
      const seconds = Math.max(0, Date.now() / 1000 - Number(each.dataset.at));
      const stale = seconds > 30;
      each.closest("figure").classList.toggle("stale", stale);
      const text = seconds < 90 ? counted(Math.round(seconds), "second") : counted(Math.round(seconds / 60), "minute");
      each.dataset.said ??= each.textContent;
      each.textContent = stale ? `${each.dataset.said} (${page.dataset.stale.replace("%s", text)})` : each.dataset.said;
    }
  };

  // A session that ended asks who it is; by a form of this page it may end before the answer comes, which leads further.
  let sent = false;
  addEventListener("submit", () => { sent = true; });
  const ended = () => { if (!sent) location.reload(); };

  let leads = false, connected = false;
  channel.onmessage = ({ data }) => {
    if (data === "end") ended();
    else if (data === "who?") leads && channel.postMessage({ live: connected });
    else if ("live" in data) link(data.live);
    else apply(data);
  };
  channel.postMessage("who?");
  // What was told to the other tabs between the making of this page and now.
  fetch(`${address}&once=1&after=${encodeURIComponent(after)}`).then(async (answer) => {
    if (answer.ok) apply({ id: answer.headers.get("x-position"), html: await answer.text() });
  }).catch(() => {});

  // Whoever has the lock listens to the server; when his tab closes, the next one goes on.
  const listen = () =>
    new Promise((closed) => {
      let source;
      leads = true;
      const open = () => {
        source = new EventSource(`${address}&after=${encodeURIComponent(after)}`);
        source.onopen = () => tell({ live: true });
        source.onmessage = (event) => tell({ id: event.lastEventId, html: event.data });
        source.addEventListener("end", () => { source.close(); channel.postMessage("end"); ended(); });
        source.onerror = () => {
          tell({ live: false });
          source.close();
          retry = setTimeout(again, 1000);
        };
      };
      const again = () => fetch(`${address}&once=1`).then(
        (answer) => { if (answer.status === 401) ended(); else open(); },
        () => { retry = setTimeout(again, 1000); },
      );
      let retry;
      stop = () => { source?.close(); clearTimeout(retry); };
      const tell = (what) => {
        channel.postMessage(what);
        if ("live" in what) link(connected = what.live);
        else apply(what);
      };
      open();
      addEventListener("pagehide", () => { source.close(); closed(); }, { once: true });
    });

  if (navigator.locks) navigator.locks.request(address, listen);
  else listen();
  ages();
  setInterval(ages, 1000);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
