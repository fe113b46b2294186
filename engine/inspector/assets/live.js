// Asks for the page again, as often as the page says, and puts in the parts that have changed.
// What is open stays open, what is focused stays focused, what is scrolled stays where it is.
"use strict";
(() => {
  const notice = document.getElementById("live");
  const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((e) => [e.dataset.part, e]));
  const served = new Map([...parts(document)].map(([name, e]) => [name, e.outerHTML]));
  let tag = "";

  const every = () => Number(document.body.dataset.every || 0);
  const say = (text, cls) => {
    if (notice.textContent !== text) notice.textContent = text;
    notice.className = "pill live " + cls;
  };
  // What names an element in both versions of a part.
  const key = (e) => e.id || e.dataset.key || e.getAttribute("href") || e.getAttribute("aria-label");
  const same = (root, e) => key(e) && [...root.querySelectorAll(e.tagName)].find((o) => key(o) === key(e));

  function put(before, after) {
    const opened = [...before.querySelectorAll("details[data-key]")].map((e) => [e.dataset.key, e.open]);
    const scrolled = [before, ...before.querySelectorAll("pre, .scroll")].filter((e) => e.scrollTop || e.scrollLeft).map((e) => [e, e.scrollTop, e.scrollLeft]);
    const focused = before.contains(document.activeElement) ? document.activeElement : null;
    const fresh = document.importNode(after, true);
    for (const [k, open] of opened) {
      const e = [...fresh.querySelectorAll("details[data-key]")].find((o) => o.dataset.key === k);
      if (e) e.open = open;
    }
    before.replaceWith(fresh);
    for (const [e, top, left] of scrolled) {
      const o = e === before ? fresh : same(fresh, e);
      if (o) { o.scrollTop = top; o.scrollLeft = left; }
    }
    const again = focused && (focused === before ? fresh : same(fresh, focused) || (focused.matches("summary") && fresh.querySelector(`[data-key="${CSS.escape(focused.parentElement.dataset.key || "")}"] > summary`)));
    if (again) again.focus({ preventScroll: true });
  }

  function merge(page) {
    const now = parts(document), next = parts(page);
    if ([...next.keys()].some((name) => !now.has(name)) || [...now.keys()].some((name) => !next.has(name))) {
      put(document.querySelector("main"), page.querySelector("main"));
    } else {
      for (const [name, e] of next) if (served.get(name) !== e.outerHTML) put(now.get(name), e);
    }
    served.clear();
    for (const [name, e] of next) served.set(name, e.outerHTML);
    if (page.body.dataset.every) document.body.dataset.every = page.body.dataset.every;
    else delete document.body.dataset.every;
    document.title = page.title;
  }

  async function ask() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href.split("#")[0], { cache: "no-store", credentials: "same-origin", headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } else if (answer.status !== 304) {
        throw new Error(String(answer.status));
      }
      say(every() ? "live" : "", "");
    } catch {
      say("connection lost", "lost");
    }
  }

  async function go() {
    if (!every()) return;
    await ask();
    setTimeout(go, every() || 1000);
  }
  if (every()) { say("live", ""); setTimeout(go, every()); }
  document.addEventListener("visibilitychange", () => { if (every()) ask(); });
})();
