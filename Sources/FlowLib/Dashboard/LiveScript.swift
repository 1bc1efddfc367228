/// Keeps a page live: it listens to `/events` from the page's position, fetches the same address when something happened, and
/// swaps the parts marked `data-live`. What can not be fetched stays, and the indicator says since when it is stale.
enum LiveScript {
  static let javascript: HTML = #"""

    (() => {
    "use strict";
    const $ = (s, r = document) => r.querySelector(s), all = (s, r = document) => [...r.querySelectorAll(s)];
    const live = $("#live"), label = $("#live span");
    let last = document.body.dataset.position, source, seen = Date.now(), lost = +live.dataset.lost, cut = 0, linkUp = !lost;
    const clock = ms => new Date(ms).toTimeString().slice(0, 8);
    const say = (state, text) => { if (live.dataset.state !== state || label.textContent !== text) { live.dataset.state = state; label.textContent = text; } };
    const show = () => { const since = cut || lost; since ? say("stale", "stale since " + clock(since)) : say("live", "live"); };
    const age = ms => { const s = Math.max(0, Math.floor(ms / 1000));
      return s < 2 ? "just now" : s < 60 ? s + " s ago" : s < 3600 ? Math.floor(s / 60) + " min ago" : s < 172800 ? Math.floor(s / 3600) + " h ago" : Math.floor(s / 86400) + " d ago"; };
    const set = (t, text) => { if (t.textContent !== text) t.textContent = text; };
    const tick = (root = document) => {
      for (const t of all("time[data-ago]", root)) set(t, age(Date.now() - Date.parse(t.dateTime)));
      for (const t of all("time[data-clock]", root)) set(t, clock(+t.dataset.clock));
    };

    let timer = 0, busy = false, again = false;
    const soon = (wait = 150) => { if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, wait); };
    const reading = () => { const s = getSelection(); return s && !s.isCollapsed && $("#main").contains(s.anchorNode); };
    async function refresh() {
      if (busy) { again = true; return; }
      if (document.hidden) { again = true; return; }
      if (reading()) { soon(2000); return; }
      busy = true;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
        // The fresh style has another nonce and would be refused aloud; the present one stays.
        const text = (await answer.text()).replace(/<style[^]*?<\/style>/, "");
        swap(new DOMParser().parseFromString(text, "text/html"));
      } catch { /* the stream says that it is stale */ }
      busy = false;
      if (again) { again = false; soon(400); }
    }
    function swap(fresh) {
      const active = document.activeElement, href = active && active.getAttribute("href");
      for (const old of all("[data-live]")) {
        const part = fresh.getElementById(old.id);
        if (!part) continue;
        tick(part);
        if (part.outerHTML === old.outerHTML.replace(/ class="fresh"/g, "")) continue;
        const known = new Map(all("tr[data-key]", old).map(r => [r.dataset.key, r.dataset.state]));
        const open = new Set(all("details[open]", old).map(d => d.id));
        for (const d of all("details", part)) if (open.has(d.id)) d.open = true;
        old.replaceWith(document.adoptNode(part));
        for (const r of all("tr[data-key]", part)) if (known.get(r.dataset.key) !== r.dataset.state) r.className = "fresh";
      }
      if (href && !document.contains(active)) { const same = all("a[href]").find(a => a.getAttribute("href") === href); if (same) same.focus({ preventScroll: true }); }
      document.title = fresh.title;
    }

    function connect() {
      if (source) source.close();
      source = new EventSource("/events?after=" + encodeURIComponent(last));
      const on = (name, act) => source.addEventListener(name, e => {
        seen = Date.now();
        if (e.lastEventId) last = e.lastEventId;
        if (cut) { cut = 0; soon(); }
        act(e); show();
      });
      on("change", () => soon());
      on("reset", () => soon());
      on("link", e => { const link = JSON.parse(e.data); lost = link.live ? 0 : link.since; if (linkUp !== link.live) { linkUp = link.live; soon(0); } });
      on("beat", () => soon());
      source.onerror = () => {
        if (!cut) cut = seen;
        show();
        if (source.readyState === 2) setTimeout(connect, 1000 + Math.random() * 2000);
      };
    }
    setInterval(() => { tick(); if (Date.now() - seen > 25000) { if (!cut) cut = seen; show(); connect(); seen = Date.now(); } }, 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });
    addEventListener("pageshow", e => { if (e.persisted) { connect(); soon(0); } });
    addEventListener("pagehide", () => source.close());

    let g = 0;
    addEventListener("keydown", e => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.target.matches("input,select,textarea")) { if (e.key === "Escape") e.target.blur(); return; }
      if (e.key === "/") { e.preventDefault(); $("#q").focus(); $("#q").select(); }
      else if (e.key === "h" && Date.now() - g < 1500) location.href = "/";
      g = e.key === "g" ? Date.now() : 0;
    });
    tick(); connect();
    })();

    """#
}
