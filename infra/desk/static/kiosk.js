// The kiosk: small pictures until a face is good, the head turned when asked, one photo, a name, a confirmation.
const place = document.getElementById("kiosk");
if (place) {
  const text = place.dataset;
  const video = document.getElementById("camera");
  const [say, start, yes, no, ask, leave] = ["say", "start", "yes", "no", "ask", "leave"].map((id) => document.getElementById(id));
  const canvas = document.createElement("canvas");
  const FORGET = 20000; // ms that somebody's name stays on the screen
  let run = 0;

  const tell = (what) => { if (say.textContent !== what) say.textContent = what; };
  const show = (...buttons) => { for (const each of [start, yes, no, ask]) each.hidden = !buttons.includes(each); };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const fill = (sentence, values) => Object.entries(values).reduce((made, [name, value]) => made.replace(`%${name}`, value), sentence);

  const send = async (what, body) => {
    const answer = await fetch(`/kiosk/${what}`, { method: "POST", headers: { "x-csrf": text.csrf }, body });
    if (answer.status === 401 || answer.status === 404) location.assign("/sign-in");
    if (answer.status >= 500) throw new Error(answer.status);
    return answer.json();
  };
  const picture = (width, quality) => new Promise((done) => {
    canvas.width = width;
    canvas.height = Math.round((width * video.videoHeight) / video.videoWidth);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(done, "image/jpeg", quality);
  });

  // Look until the server says that one of these states is reached, or nobody seems to be there any more.
  const until = async (mine, states, said) => {
    const ends = Date.now() + 3 * FORGET;
    while (mine === run) {
      if (Date.now() > ends) over(text.begin);
      const seen = await send("look", await picture(320, 0.85));
      if (states.includes(seen.state)) return seen;
      tell(seen.say || said(seen.state));
      await pause(120);
    }
    throw new Error("over");
  };

  const visit = async () => {
    const mine = ++run;
    show();
    try {
      if (!video.srcObject) video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      while (!video.videoWidth) await pause(50);
    } catch {
      return over(text.camera);
    }
    try {
      tell(text.look);
      await until(mine, ["ready"], () => text.look);
      const { side } = await send("ask");
      tell(text[side]);
      const turned = await until(mine, ["passed", "failed"], (state) => ({ further: text.further, look: text.look })[state] || text[side]);
      if (turned.state === "failed") return over(turned.say);
      tell(text.back);
      await until(mine, ["ready"], () => text.back);
      tell(text.looking);
      const found = await send("photo", await picture(640, 0.92));
      if (!found.name) return over(found.say);
      if (found.marked) return over(fill(text.already, { name: found.name, verdict: text[found.marked] }));
      tell(fill(text.is, { name: found.name, id: found.student_id, percent: found.percent }));
      show(yes, no, ask);
      yes.focus();
      setTimeout(() => { if (mine === run) again().then(() => over(text.begin)); }, 2 * FORGET);
    } catch (error) {
      if (mine === run) over(text.lost);
    }
  };
  const again = () => send("again").catch(() => {});
  const over = (what) => {
    const mine = ++run;
    for (const each of video.srcObject?.getTracks() ?? []) each.stop();
    video.srcObject = null;
    tell(what);
    show(start);
    start.focus();
    setTimeout(() => { if (mine === run) tell(text.begin); }, FORGET);
  };

  start.addEventListener("click", visit);
  no.addEventListener("click", async () => { await again(); visit(); });
  ask.addEventListener("click", async () => { run += 1; show(); await again(); over(text.professor); });
  yes.addEventListener("click", async () => {
    run += 1;
    show();
    try {
      const done = await send("confirm");
      over(done.name ? fill(text.done, { name: done.name, verdict: text[done.verdict] }) : done.say);
    } catch {
      over(text.lost);
    }
  });
  leave.addEventListener("click", async () => {
    await send("leave").catch(() => {});
    location.assign("/sign-in");
  });
}
