// The page: which view is shown, and what is around it. Here: showing, and where one was. Not here:
// what is asked (`asking.js`), what views hold, or answers (`data.js`).

const content = document.getElementById("content");

/** What reads the parts that a view needs, and what then shows it. */
const OVERVIEWS = {
  findings: [preparedFindings, findingsView],
  changes: [preparedChanges, changesView],
  proof: [async () => null, proofView],
};
const viewOf = ({ view }) =>
  OVERVIEWS[view] ??
  (LISTS.includes(view) ? [preparedList, listView] : [preparedSubject, subjectView]);

let shown = null; // what was asked by what is shown

async function show(now, said) {
  leave();
  language = now.lang;
  document.documentElement.dataset.shown = "";
  content.setAttribute("aria-busy", "true");
  const [prepare, view] = viewOf(now);
  let prepared;
  try {
    prepared = await prepare(now);
  } catch (error) {
    content.replaceChildren(element("p", { class: "absent" }, word("damaged")));
    throw error;
  }
  if (current !== now) return; // something else was asked meanwhile
  const wrong = now.wrong.map(([name, values]) =>
    element("p", { class: "remark", role: "alert" }, word(name, values)),
  );
  place([wrong, view(now, prepared)].flat(3).filter(Boolean));
  content.setAttribute("aria-busy", "false");
  around(now);
  arrive(shown, now);
  shown = now;
  document.documentElement.dataset.shown = said || address(now);
}

/** Put a view in place. A form in which somebody types stays; what is about to open stays open. */
function place(view) {
  const form = content.querySelector("form.filters");
  const isOpen = [...content.querySelectorAll("details[open]")].map(({ dataset }) => dataset.about);
  // Between the parts of a date, nothing has the focus: so it is the control that asked that counts.
  if (form?.querySelector(asker ? `#${asker}` : ":focus")) {
    while (form.nextSibling) form.nextSibling.remove();
    form.after(...view.slice(view.findIndex((each) => each.matches("form.filters")) + 1));
  } else content.replaceChildren(...view);
  for (const each of content.querySelectorAll("details[data-about]"))
    each.open = isOpen.includes(each.dataset.about);
  for (const wide of content.querySelectorAll(".wide")) {
    // What can be scrolled must be reached with the keyboard; anything else is no stop.
    const said =
      wide.scrollWidth > wide.clientWidth
        ? { tabindex: 0, role: "region", "aria-label": wide.dataset.label }
        : {};
    for (const [name, value] of Object.entries(said)) wide.setAttribute(name, value);
  }
}

// --- where one was --------------------------------------------------------------------------

const places = new Map(); // by the number of an entry of the history: scroll, and what had the focus
let here = null;

const handle = (one) =>
  one?.id
    ? `#${CSS.escape(one.id)}`
    : one?.hash
      ? `a[href="${CSS.escape(one.getAttribute("href"))}"]`
      : "body";

function leave() {
  if (here !== null) places.set(here, { y: window.scrollY, focus: handle(document.activeElement) });
}

/** Go back to where one was, or begin at the head of what is new. */
function arrive(before, now) {
  here = history.state?.entry ?? 0;
  const known = places.get(here);
  if (known) {
    window.scrollTo(0, known.y);
    const focused = document.querySelector(known.focus);
    if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
  } else if (before && before.view !== now.view) content.querySelector("h2").focus();
  else if (before && before.page !== now.page) field("count").focus();
}

// --- around the views -----------------------------------------------------------------------

const moment = (one) =>
  word(one.known === start.known ? "as_of" : one.known ? "as_of_known" : "as_of_nothing", {
    day: longDay(one.day),
    known: one.known,
    all: start.known,
  });

function around(one) {
  const subject = VIEWS.includes(one.view) ? null : subjectNamed(one.view);
  document.documentElement.lang = language;
  const values = { ...page, verdict: word(page.verdict) };
  for (const place of document.querySelectorAll("[data-word]"))
    place.textContent = word(place.dataset.word, values);
  for (const place of document.querySelectorAll("[data-label-word]")) {
    place.setAttribute("aria-label", word(place.dataset.labelWord));
    if (place.localName === "button") place.title = word(place.dataset.labelWord);
  }
  const title = word("register_of", { name: page.name });
  const what = subject ? lastCalled(subject) : calledView(one.view);
  document.title = `${what}, ${iso(one.day)} – ${title}`;
  field("moment").setAttribute(
    "aria-live",
    document.activeElement?.type === "range" ? "off" : "polite",
  );
  field("moment").textContent = moment(one);
  field("found").textContent = field("count")?.textContent ?? "";
  setControls(one);
  navigation(one, subject);
}

function navigation(one, subject) {
  const count = (some) =>
    some.reduce((sum, kind) => sum + standing(kind.name, one.day, one.known).length, 0);
  const here = subject ? viewOfKind(subject.kind) : one.view;
  const tab = (view, number) =>
    element(
      "a",
      {
        href: address({ ...one, view, q: "", status: "", page: 1 }),
        "aria-current": view === here ? "page" : null,
      },
      calledView(view),
      number === null
        ? null
        : element("span", { class: "number" }, number.toLocaleString(language)),
    );
  const focused = field("views").contains(document.activeElement);
  field("views").setAttribute("aria-label", word("views"));
  field("views").replaceChildren(
    ...listed.map((kind) => tab(viewOfKind(kind), count([kind]))),
    ...(others.length ? [tab("others", count(others))] : []),
    tab("findings", findings(one.day, one.known).length),
    tab("changes", null),
    tab("proof", null),
  );
  if (focused) field("views").querySelector("[aria-current]").focus();
}

if (typeof DecompressionStream === "undefined") throw new Error("too old a browser");
document.documentElement.classList.add("live");
load(subjects.slice(0, 1)).catch(() => {}); // is needed first, most often
listen();
history.scrollRestoration = "manual";
window.addEventListener("hashchange", () => go(location.hash)); // back, forth, or typed
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('main a[href^="#"], nav a[href^="#"]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
let wide = content.clientWidth; // pictures are as wide as there is room
window.addEventListener("resize", () => {
  if (wide !== content.clientWidth && content.querySelector("figure")) ask({});
  wide = content.clientWidth;
});
field("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address says what is asked
  content.querySelector("h2").focus();
});
go(location.hash);
