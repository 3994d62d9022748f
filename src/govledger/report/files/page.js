// The page: what is asked, and asking it. Here: the state in the address, the controls, and which
// view is shown. Not here: what views hold (`views.js`), or answers (`data.js`).

const content = document.getElementById("content");
const [earliest, latest] = [
  Math.min(turningDays[0] ?? opening, opening) - 1, Math.max(turningDays.at(-1) ?? opening, opening),
];
const start = {
  view: listed[0]?.plural ?? "proof", day: opening, known: register.known, from: opening - 1, q: "", status: "", page: 1, lang: page.language,
};
let asked = start;

// --- addresses ------------------------------------------------------------------------------

/** `#motion/rob-ii@2018-11-30`, and whatever else is not as it was at the start. */
function address({ view, day, known, from, q, status, page: number, lang }) {
  const rest = [
    known !== start.known && ["known", known],
    view === "changes" && ["from", iso(from)],
    q && !view.includes("/") && ["q", encodeURIComponent(q)],
    status && !view.includes("/") && ["status", status],
    number > 1 && !view.includes("/") && ["page", number],
    lang !== start.lang && ["lang", lang],
  ];
  return `#${view}@${iso(day)}${rest.filter(Boolean).map(([name, value]) => `&${name}=${value}`).join("")}`;
}

/** What an address asks; what it does not say, or says wrongly, is as at the start. */
function asking(hash) {
  const [where, ...rest] = hash.replace(/^#/, "").split("&");
  const [view, day] = where.split("@");
  const said = new Map(rest.map((one) => one.split("=")));
  const known = said.get("known") ?? "";
  const text = (name) => { try { return decodeURIComponent(said.get(name) ?? ""); } catch { return ""; } };
  return {
    view: isView(view) ? view : start.view,
    day: dayOf(day ?? "") ?? start.day,
    known: /^\d+$/.test(known) ? Math.min(Number(known), start.known) : dayOf(known) === null ? start.known : knownOn(dayOf(known)),
    from: dayOf(said.get("from") ?? "") ?? (dayOf(day ?? "") ?? start.day) - 1,
    q: text("q"), status: text("status"), page: Math.max(1, Number(said.get("page")) || 1),
    lang: Object.hasOwn(page.words, said.get("lang") ?? "") ? said.get("lang") : start.lang,
  };
}

const isView = (view) => Object.hasOwn(VIEWS, view) || !!subjectNamed(view);
const isList = (view) => VIEWS[view] === listView;

const VIEWS = {
  ...Object.fromEntries(listed.map(({ plural }) => [plural, listView])),
  ...(others.length ? { others: listView } : {}),
  findings: findingsView, changes: changesView, proof: proofView,
};

/** Ask something else; where one is still `typing`, the step before is not kept to go back to. */
function ask(changes, typing = false) {
  const next = address({ ...asked, ...changes });
  if (typing) {
    history.replaceState(null, "", next);
    follow();
  } else if (next === location.hash) follow();
  else location.hash = next;
}

// --- showing --------------------------------------------------------------------------------

/** Read the parts that a view needs; for a list, gives what is to be listed. */
async function prepared(one) {
  if (!isList(one.view)) return load(needed(one));
  if (one.q) await load(kindsOf(one.view).flatMap((kind) => ofKind.get(kind.name)));
  const picked = chosen(one);
  await load(picked.shown);
  await load(picked.shown.map((each) => subjectNamed(describe(each, one.day, one.known).motion)).filter(Boolean));
  return picked;
}

function needed({ view, day, known, from }) {
  if (view === "changes") return touched(from, day, known);
  return view === "findings" ? findings(day, known).map(({ subject }) => subject) : [];
}

/** Read the parts that the view of a subject needs: its own, and those of whatever it names. */
async function preparedSubject(subject) {
  await load([subject]);
  const near = relatives(subject);
  await load(near);
  await load(near.flatMap(relatives).slice(0, FAR));
}

const FAR = 500; // names of what is farther away than that are shown as they are

async function follow() {
  const before = asked;
  const now = asked = asking(location.hash);
  language = now.lang;
  const subject = Object.hasOwn(VIEWS, now.view) ? null : subjectNamed(now.view);
  const picked = await (subject ? preparedSubject(subject) : prepared(now));
  if (asked !== now) return; // something else was asked meanwhile
  const focused = document.activeElement?.id;
  const shown = subject ? subjectView(subject, now) : VIEWS[now.view](now, picked);
  content.replaceChildren(...[shown].flat(3).filter(Boolean));
  around(now, subject);
  if (focused && content.querySelector(`#${CSS.escape(focused)}`)) refocus(focused);
  else if (before.view !== now.view && before !== start) content.querySelector("h2").focus();
  document.documentElement.dataset.shown = location.hash || address(now);
}

function refocus(id) {
  const field = document.getElementById(id);
  field.focus();
  if (field.type === "search") field.setSelectionRange(field.value.length, field.value.length);
}

// --- around the views -----------------------------------------------------------------------

const moment = (one) => word(one.known === start.known ? "as_of" : "as_of_known", { day: longDay(one.day), known: one.known, all: start.known });

function around(one, subject) {
  document.documentElement.lang = language;
  const values = { ...page, verdict: term(page.verdict) };
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word, values);
  for (const place of document.querySelectorAll("[data-label-word]")) {
    place.setAttribute("aria-label", word(place.dataset.labelWord));
    if (place.localName === "button") place.title = word(place.dataset.labelWord);
  }
  const title = word("register_of", { name: page.name });
  document.title = subject ? `${lastCalled(subject)} – ${title}` : title;
  document.getElementById("moment").textContent = moment(one);
  controls(one);
  navigation(one, subject);
}

function navigation(one, subject) {
  const count = (some) => some.reduce((sum, kind) => sum + standing(kind.name, one.day, one.known).length, 0);
  const here = subject ? subject.kind.plural ?? "others" : one.view;
  const tab = (view, number) => element("a", { href: address({ ...one, view, q: "", status: "", page: 1 }), "aria-current": view === here ? "page" : null },
    word(view), number === null ? null : element("span", { class: "number" }, number.toLocaleString(language)));
  field("views").setAttribute("aria-label", word("views"));
  field("views").replaceChildren(
    ...listed.map((kind) => tab(kind.plural, count([kind]))),
    ...(others.length ? [tab("others", count(others))] : []),
    tab("findings", findings(one.day, one.known).length), tab("changes", null), tab("proof", null));
}

const field = (id) => document.getElementById(id);

function controls({ day, known }) {
  field("day").value = iso(day);
  field("day-slider").value = day;
  field("day-slider").setAttribute("aria-valuetext", longDay(day));
  field("known").value = known === start.known ? "" : iso(learnedOn(known) ?? opening);
  field("known-slider").value = known;
  field("known-slider").setAttribute("aria-valuetext", word("record_of", { known, all: start.known }));
  field("known-of").textContent = known === start.known ? word("known_all", { all: start.known })
    : word("record_of", { known, all: start.known });
  field("before").disabled = turningDays[0] === undefined || day <= turningDays[0];
  field("after").disabled = turningDays.at(-1) === undefined || day >= turningDays.at(-1);
  field("language").value = language;
}

function listen() {
  const on = (id, kind, act) => field(id).addEventListener(kind, act);
  on("day", "change", ({ target }) => { const day = dayOf(target.value); if (day !== null) ask({ day }); });
  on("day-slider", "input", ({ target }) => ask({ day: Number(target.value) }, true));
  on("known", "change", ({ target }) => { const day = dayOf(target.value); ask({ known: day === null ? start.known : knownOn(day) }); });
  on("known-slider", "input", ({ target }) => ask({ known: Number(target.value) }, true));
  on("before", "click", () => ask({ day: turningDays.findLast((day) => day < asked.day) }));
  on("after", "click", () => ask({ day: turningDays.find((day) => day > asked.day) }));
  on("reset", "click", () => ask({ day: start.day, known: start.known }));
  on("language", "change", ({ target }) => ask({ lang: target.value }));
  on("print", "click", () => window.print());
  on("controls", "submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", follow);
  let wide = content.clientWidth;
  window.addEventListener("resize", () => { if (wide !== content.clientWidth) { wide = content.clientWidth; follow(); } });
  Object.assign(field("day-slider"), { min: earliest, max: latest });
  Object.assign(field("known-slider"), { min: 0, max: start.known });
  scale();
}

/** Where on the slider anything changes. */
function scale() {
  const at = (day) => tenth((day - earliest) / (latest - earliest || 1) * 1000);
  const places = [...new Set(turningDays.map(at))];
  field("turns").replaceChildren(drawn("path", { d: places.map((x) => `M${x} 0v8`).join("") }));
}

/** What a console may ask, too: the same answers, by subject, day and position. */
window.govledger = Object.freeze({
  known: register.known,
  subjects: () => subjects.map(nameOf),
  async describe(name, day, known = start.known) {
    await load([subjectNamed(name)]);
    return describe(subjectNamed(name), dayOf(day), known);
  },
  async why(name, day, known = start.known) {
    await load([subjectNamed(name)]);
    return why(subjectNamed(name), dayOf(day), known);
  },
  findings: (day, known = start.known) => findings(dayOf(day), known).map(({ subject, code, position, breach }) => ({ subject: nameOf(subject), code, position, breach })),
  async differences(before, after, known = start.known) {
    const some = touched(dayOf(before), dayOf(after), known);
    await load(some);
    return differences(some, dayOf(before), dayOf(after), known).map((one) => ({ ...one, subject: nameOf(one.subject) }));
  },
  statuses(day, known = start.known) {
    const rows = subjects.map((subject) => [nameOf(subject), rowAt(subject, dayOf(day), known)]);
    return Object.fromEntries(rows.filter(([, row]) => row).map(([name, row]) => [name, row.status ?? null]));
  },
});

document.documentElement.classList.add("live");
if (typeof DecompressionStream === "undefined") {
  content.replaceChildren(element("p", { class: "absent" }, word("too_old", { day: longDay(opening) })));
} else {
  listen();
  follow();
}
