// The page: which view is shown, and what is around it. Here: following the address. Not here: what is asked (`asking.js`), what views hold, or answers (`data.js`).

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

let shown = null; // what is asked and shown, or about to be

async function follow() {
  const before = shown;
  const now = (shown = asking(location.hash));
  language = now.lang;
  content.setAttribute("aria-busy", "true");
  const [prepare, show] = viewOf(now);
  let prepared;
  try {
    prepared = await prepare(now);
  } catch (error) {
    content.replaceChildren(element("p", { class: "absent" }, word("damaged")));
    throw error;
  }
  if (shown !== now) return; // something else was asked meanwhile
  const focused = document.activeElement?.id;
  content.replaceChildren(...[show(now, prepared)].flat(3).filter(Boolean));
  content.setAttribute("aria-busy", "false");
  around(now);
  if (focused && content.querySelector(`#${CSS.escape(focused)}`)) refocus(focused);
  else if (before && before.view !== now.view) content.querySelector("h2").focus();
  document.documentElement.dataset.shown = location.hash || address(now);
}

function refocus(id) {
  const field = document.getElementById(id);
  field.focus();
  if (field.type === "search") field.setSelectionRange(field.value.length, field.value.length);
}

// --- around the views -----------------------------------------------------------------------

const moment = (one) =>
  word(one.known === start.known ? "as_of" : "as_of_known", {
    day: longDay(one.day),
    known: one.known,
    all: start.known,
  });

function around(one) {
  const subject = VIEWS.includes(one.view) ? null : subjectNamed(one.view);
  document.documentElement.lang = language;
  const values = { ...page, verdict: term(page.verdict) };
  for (const place of document.querySelectorAll("[data-word]"))
    place.textContent = word(place.dataset.word, values);
  for (const place of document.querySelectorAll("[data-label-word]")) {
    place.setAttribute("aria-label", word(place.dataset.labelWord));
    if (place.localName === "button") place.title = word(place.dataset.labelWord);
  }
  const title = word("register_of", { name: page.name });
  document.title = subject ? `${lastCalled(subject)} – ${title}` : title;
  field("moment").textContent = moment(one);
  setControls(one);
  navigation(one, subject);
}

function navigation(one, subject) {
  const count = (some) =>
    some.reduce((sum, kind) => sum + standing(kind.name, one.day, one.known).length, 0);
  const here = subject ? (subject.kind.plural ?? "others") : one.view;
  const tab = (view, number) =>
    element(
      "a",
      {
        href: address({ ...one, view, q: "", status: "", page: 1 }),
        "aria-current": view === here ? "page" : null,
      },
      word(view),
      number === null
        ? null
        : element("span", { class: "number" }, number.toLocaleString(language)),
    );
  field("views").setAttribute("aria-label", word("views"));
  field("views").replaceChildren(
    ...listed.map((kind) => tab(kind.plural, count([kind]))),
    ...(others.length ? [tab("others", count(others))] : []),
    tab("findings", findings(one.day, one.known).length),
    tab("changes", null),
    tab("proof", null),
  );
}

document.documentElement.classList.add("live");
if (typeof DecompressionStream === "undefined") {
  content.replaceChildren(
    element("p", { class: "absent" }, word("too_old", { day: longDay(opening) })),
  );
} else {
  listen();
  window.addEventListener("hashchange", follow);
  let wide = content.clientWidth; // pictures are as wide as there is room
  window.addEventListener("resize", () => {
    if (wide !== content.clientWidth) follow();
    wide = content.clientWidth;
  });
  follow();
}
