// Asking: what a view is asked, and the address that says so. Here: both, in each direction. Not
// here: answers (`data.js`), or showing them (`page.js`).

/** The kinds that have a list by themselves; the others share one. */
const listed = kinds.filter((kind) => kind.plural && ofKind.get(kind.name).length);
const others = kinds.filter(
  (kind) => !kind.plural && ofKind.get(kind.name).some(({ packed }) => packed.length > 2),
);
const kindsOf = (view) =>
  view === "others" ? others : kinds.filter((kind) => kind.plural === view);

/** What there is to look at besides single subjects. */
const LISTS = [...listed.map(({ plural }) => plural), ...(others.length ? ["others"] : [])];
const VIEWS = [...LISTS, "findings", "changes", "proof"];

/** What is asked before anybody has asked anything. */
const start = {
  view: VIEWS[0],
  day: opening,
  known: register.known,
  from: opening - 1,
  q: "",
  status: "",
  page: 1,
  lang: page.language,
};

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
  return `#${view}@${iso(day)}${rest
    .filter(Boolean)
    .map(([name, value]) => `&${name}=${value}`)
    .join("")}`;
}

/** What an address asks; what it does not say, or says wrongly, is as at the start. */
function asking(hash) {
  const [where, ...rest] = hash.replace(/^#/, "").split("&");
  const [view, day] = where.split("@");
  const said = new Map(rest.map((one) => one.split("=")));
  const known = said.get("known") ?? "";
  const text = (name) => {
    try {
      return decodeURIComponent(said.get(name) ?? "");
    } catch {
      return "";
    }
  };
  return {
    view: VIEWS.includes(view) || subjectNamed(view) ? view : start.view,
    day: dayOf(day ?? "") ?? start.day,
    known: /^\d+$/.test(known)
      ? Math.min(Number(known), start.known)
      : dayOf(known) === null
        ? start.known
        : knownOn(dayOf(known)),
    from: dayOf(said.get("from") ?? "") ?? (dayOf(day ?? "") ?? start.day) - 1,
    q: text("q"),
    status: text("status"),
    page: Math.max(1, Math.floor(Number(said.get("page")) || 1)),
    lang: Object.hasOwn(page.words, said.get("lang") ?? "") ? said.get("lang") : start.lang,
  };
}

/** Ask something else; while one is `typing` or sliding, the step before is not kept to go back to. */
function ask(changes, typing = false) {
  const next = address({ ...asking(location.hash), ...changes });
  if (!typing) location.hash = next;
  else {
    history.replaceState(null, "", next);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  }
}
