// Asking: what a view is asked, and the address that says so. Here: both, in each direction. Not
// here: answers (`data.js`), or showing them (`page.js`).

/** The views that there always are. */
const OVER_ALL = ["findings", "changes", "proof"];

/** The kinds that have a list by themselves; the others share one. */
const listed = kinds.filter((kind) => kind.plural && ofKind.get(kind.name).length);
const others = kinds.filter(
  (kind) => !kind.plural && ofKind.get(kind.name).some(({ packed }) => packed.length > 2),
);
const viewOfKind = ({ plural }) =>
  !plural ? "others" : ["others", ...OVER_ALL].includes(plural) ? `list-${plural}` : plural;
const kindsOf = (view) =>
  view === "others" ? others : kinds.filter((kind) => viewOfKind(kind) === view);

/** What a view is called. */
const calledView = (view) => capital(word(view.replace(/^list-/, "")));

/** What there is to look at besides single subjects. */
const LISTS = [...listed.map(viewOfKind), ...(others.length ? ["others"] : [])];
const VIEWS = [...LISTS, ...OVER_ALL];

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
    status && !view.includes("/") && ["status", encodeURIComponent(status)],
    number !== 1 && !view.includes("/") && ["page", number || "all"],
    lang !== start.lang && ["lang", lang],
  ];
  return `#${view}@${iso(day)}${rest
    .filter(Boolean)
    .map(([name, value]) => `&${name}=${value}`)
    .join("")}`;
}

/** What an address asks. What it does not say is as at the start; what it says `wrong` is, too. */
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
  const isThere = VIEWS.includes(view) || subjectNamed(view);
  return {
    wrong: [
      view && !isThere && ["not_on_page", { name: view }],
      day && dayOf(day) === null && ["no_such_day", { day }],
    ].filter(Boolean),
    view: isThere ? view : start.view,
    day: dayOf(day ?? "") ?? start.day,
    known: /^\d+$/.test(known)
      ? Math.min(Number(known), start.known)
      : dayOf(known) === null
        ? start.known
        : knownOn(dayOf(known)),
    from: dayOf(said.get("from") ?? "") ?? (dayOf(day ?? "") ?? start.day) - 1,
    q: text("q"),
    status: text("status"),
    page: said.get("page") === "all" ? 0 : Math.max(1, Math.floor(Number(said.get("page")) || 1)),
    lang: Object.hasOwn(page.words, said.get("lang") ?? "") ? said.get("lang") : start.lang,
  };
}

let current = null; // what is asked
let asker = ""; // the control by which it was asked
let writing = 0;
let entries = Date.now(); // what numbers the entries of the history

/** Ask something else. Of what one control asks in a row, one step is kept to go back to. */
function ask(changes, by = "") {
  const again = by !== "" && by === asker;
  const next = { ...current, ...changes, wrong: [] };
  if (!again) return go(address(next), next, by);
  clearTimeout(writing);
  // A browser takes only so many addresses in a while: a slider has more to say.
  writing = setTimeout(() => history.replaceState(history.state, "", address(next)), 250);
  current = next;
  return show(next, address(next));
}

/** Go to an address of this page. */
function go(to, next = asking(to), by = "") {
  clearTimeout(writing);
  asker = by;
  current = next;
  if (to !== location.hash) {
    entries += 1;
    history.pushState({ entry: entries }, "", to);
  }
  return show(next, to);
}
