// Views: what the page shows of the register. Here: one function for each view, which makes its
// elements of what is asked; parts were read before. Not here: what is asked (`page.js`), answers.

const PAGE_OF_LIST = 100;

/** The field that a subject is called by, and the columns of the list of its kind. */
function shownOf(kind) {
  const [called, columns] = page.shown[kind.name];
  return { called, columns };
}

/** The kinds that have a list by themselves; the others share one. */
const listed = kinds.filter((kind) => kind.plural && ofKind.get(kind.name).length);
const others = kinds.filter((kind) => !kind.plural && ofKind.get(kind.name).some(({ packed }) => packed.length > 2));
const kindsOf = (view) => (view === "others" ? others : kinds.filter((kind) => kind.plural === view));

const callOf = (subject, said) => said?.[shownOf(subject.kind).called] ?? slugOf(subject);

/** What a subject was called last, on whatever day. */
const lastCalled = (subject) => callOf(subject, partOf(subject)?.said(subject).at(-1)?.at(-1));

function linkTo(subject, asked, ...children) {
  return element("a", { href: address({ ...asked, view: nameOf(subject) }) }, ...children);
}

/** A described value with links to the subjects that it names. */
function telling(value, field, asked) {
  if (Array.isArray(value)) return value.map((each, at) => [at ? "; " : "", telling(each, field, asked)]);
  const subject = typeof value === "string" && subjectNamed(value);
  if (subject) return linkTo(subject, asked, written(partOf(subject) ? lastCalled(subject) : value));
  if (field === "status") return badge(value);
  if (field === "findings") return meaning(value);
  return /^https?:\/\/\S+$/.test(value)
    ? element("a", { href: value, rel: "noreferrer" }, value) : written(tell(value, field));
}

// --- lists ----------------------------------------------------------------------------------

/** The subjects of a list on a day: all, those that fit what is asked, and those that are shown. */
function chosen(asked) {
  const all = kindsOf(asked.view).flatMap((kind) => standing(kind.name, asked.day, asked.known));
  const fitting = all.filter(fits(asked));
  const pages = Math.max(1, Math.ceil(fitting.length / PAGE_OF_LIST));
  const at = Math.min(asked.page, pages);
  return { all, fitting, pages, at, shown: fitting.slice((at - 1) * PAGE_OF_LIST, at * PAGE_OF_LIST) };
}

function fits({ status, q, day, known }) {
  const sought = q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return (subject) => {
    if (status && rowAt(subject, day, known).status !== status) return false;
    if (!sought.length) return true;
    const { notices, ...said } = describe(subject, day, known);
    const text = `${nameOf(subject)} ${Object.entries(said).map(([field, value]) => tell(value, field)).join(" ")}`.toLocaleLowerCase();
    return sought.every((one) => text.includes(one));
  };
}

function listView(asked, { all, fitting, pages, at, shown }) {
  return [
    element("h2", { tabindex: -1 }, word(asked.view)),
    filters(all, asked),
    element("p", { class: "count", id: "count" }, found(fitting.length, all.length)),
    shown.length ? listing(shown, asked) : element("p", { class: "absent" }, word(all.length ? "no_match" : "nothing")),
    pages > 1 && pager(at, pages, asked),
  ];
}

const found = (fitting, all) => (fitting === all ? word("on_record", { count: all }) : word("found_of", { count: fitting, all }));

function filters(all, asked) {
  const counts = new Map();
  for (const subject of all) {
    const { status } = rowAt(subject, asked.day, asked.known);
    if (status) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  if (asked.status && !counts.has(asked.status)) counts.set(asked.status, 0);
  const options = [...counts].map(([status, count]) => element("option", { value: status, selected: status === asked.status }, `${term(status)} (${count})`));
  return element("form", { class: "filters", role: "search", submit: (event) => event.preventDefault() },
    element("label", {}, word("search"),
      element("input", { type: "search", id: "q", value: asked.q, autocomplete: "off", input: (event) => ask({ q: event.target.value, page: 1 }, true) })),
    options.length > 0 && element("label", {}, word("status"),
      element("select", { id: "status", change: (event) => ask({ status: event.target.value, page: 1 }) },
        element("option", { value: "" }, word("any")), options)));
}

const WHOLE = ["since", "on", "status"]; // are not broken over lines

function listing(some, asked, but = "") {
  const codes = codesOf(findings(asked.day, asked.known));
  const columns = shownOf(some[0].kind).columns.filter((column) => column !== but);
  const range = [turningDays[0], Math.max(turningDays.at(-1), asked.day) + 1];
  const strips = some.some((subject) => rowAt(subject, asked.day, asked.known).status);
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": word(asked.view) }, element("table", { class: "list" },
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, word("subject")),
      columns.map((column) => element("th", { scope: "col" }, word(column))),
      strips && element("th", { scope: "col", class: "strips" }, word("over_time")))),
    element("tbody", {}, some.map((subject) => {
      const said = describe(subject, asked.day, asked.known);
      return element("tr", { "data-subject": nameOf(subject), "data-status": said.status ?? "" },
        element("th", { scope: "row" },
          linkTo(subject, asked, written(callOf(subject, said))),
          element("code", {}, nameOf(subject)),
          flags(codes.get(subject), said, asked)),
        columns.map((column) => element("td", { "data-label": word(column), class: WHOLE.includes(column) ? "whole" : null }, cell(said[column], column, asked))),
        strips && element("td", { class: "strips" }, strip(subject, asked.day, asked.known, range)));
    }))));
}

const cell = (value, column, asked) => (value === undefined ? element("span", { class: "none" }, "–") : telling(value, column, asked));

const flags = (codes, said) => (codes ?? []).map((code) => element("span", { class: "flag" }, meaning(code, said.notices?.find(([each]) => each === code)?.[1])));

function pager(at, pages, asked) {
  const to = (page, label) => (page >= 1 && page <= pages
    ? element("a", { href: address({ ...asked, page }) }, label) : element("span", { class: "none" }, label));
  return element("nav", { class: "pager", "aria-label": word("pages") },
    to(at - 1, word("previous")), element("span", {}, word("page_of", { page: at, pages })), to(at + 1, word("next")));
}

// --- one subject ----------------------------------------------------------------------------

/** The subjects that name one, and those that its records name. */
function relatives(subject) {
  const part = partOf(subject);
  return [...part.naming(subject), ...part.recordsOf(subject).flatMap(({ names }) => names)];
}

const APART = ["title", "status", "notices"];

/** What is said of a subject, in the order in which its kind has its fields. */
function inOrder({ fields }, said) {
  const place = (field) => (fields.includes(field) ? fields.indexOf(field) : fields.length);
  return Object.entries(said).sort(([one], [other]) => place(one) - place(other));
}

function subjectView(subject, asked) {
  const said = describe(subject, asked.day, asked.known);
  const name = said ? callOf(subject, said) : lastCalled(subject);
  const list = subject.kind.plural ?? "others";
  const own = findings(asked.day, asked.known).filter((one) => one.subject === subject);
  const apart = [...APART, shownOf(subject.kind).called];
  const facts = inOrder(subject.kind, said ?? {}).filter(([field]) => !apart.includes(field));
  const lanes = lanesOf(subject, asked.known);
  const mandates = subject.kind.name === "motion" ? mandatesOf(subject, asked.known).filter((mandate) => rowAt(mandate, asked.day, asked.known)) : [];
  const reasons = why(subject, asked.day, asked.known);
  const about = [...new Set(reasons.filter(({ decides }) => decides).flatMap(({ record }) => record.names))].filter((other) => other !== subject);
  const naming = partOf(subject).naming(subject).filter((other) => !mandates.includes(other) && rowAt(other, asked.day, asked.known));
  return element("article", {},
    element("p", { class: "back" }, element("a", { href: address({ ...asked, view: list }) }, `← ${word(list)}`)),
    element("h2", { tabindex: -1 }, written(name)),
    element("p", { class: "under" }, element("code", {}, nameOf(subject)), " ", said ? badge(said.status) : null),
    !said && element("p", { class: "absent" }, word("not_then", { day: longDay(asked.day) })),
    said?.status === "completed" && element("p", { class: "means" }, word("completed_means")),
    own.map((one) => finding(one, asked, false)),
    lanes.length > 0 && section("over_time", element("figure", {},
      element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": word("timeline_of", { subject: name }) }, picture(lanes, word("timeline_of", { subject: name }), asked.day, pictureWidth())),
      element("figcaption", {}, word("timeline_means")))),
    facts.length > 0 && section("facts", element("dl", { class: "facts" }, facts.map(([field, value]) => element("div", {},
      element("dt", {}, word(field)), element("dd", {}, telling(value, field, asked)))))),
    mandates.length > 0 && section("mandates", listing(mandates, { ...asked, view: "mandates" }, "motion")),
    reasons.length > 0 && section("why", records(reasons, asked)),
    about.map((other) => element("details", { class: "about" },
      element("summary", {}, word("about", { subject: lastCalled(other) })),
      records(why(other, asked.day, asked.known), asked))),
    naming.length > 0 && section("named_by", element("ul", { class: "named" }, naming.map((other) => element("li", {},
      element("small", {}, word(other.kind.name)), " ", linkTo(other, asked, written(lastCalled(other))), " ", badge(rowAt(other, asked.day, asked.known).status))))));
}

const section = (name, ...children) => element("section", {}, element("h3", {}, word(name)), ...children);

const pictureWidth = () => Math.max(620, Math.min(1040, document.getElementById("content").clientWidth));

/** The records behind a state: when, what, by which source, and what part they play. */
function records(reasons, asked) {
  return element("ol", { class: "records" }, reasons.map(({ record, decides, late, by, corrected, reason }) => element("li", { class: [decides && "decides", by && "taken"].filter(Boolean).join(" ") || null },
    element("p", { class: "what" },
      element("time", {}, record.on), " ", element("strong", {}, term(record.type)), " ",
      decides && element("span", { class: "part" }, word("decides")),
      late && element("span", { class: "part late" }, word("late")),
      by && element("span", { class: "part taken" }, corrected ? word("corrected", { by }) : `${word("withdrawn", { by })}: ${reason}`)),
    element("dl", {}, Object.entries(record.said).filter(([field]) => field !== "title").map(([field, value]) => element("div", {},
      element("dt", {}, word(field)), element("dd", {}, telling(value, field, asked)))),
    record.source && element("div", {}, element("dt", {}, word("source")), element("dd", {}, sourceOf(record.source)))),
    element("p", { class: "made" }, word("recorded_as", { position: record.position, made: record.made.replace("T", " ").replace("Z", " UTC") })))));
}

function sourceOf([name, assertion, url, title, span]) {
  const called = title && title !== name ? `${name}, ${title}` : name;
  return [
    /^https?:\/\//.test(url) ? element("a", { href: url, rel: "noreferrer" }, written(called)) : written(called),
    span ? ` ${span[0]}–${span[1]}` : "", ", ", element("span", { class: `assertion is-${assertion}` }, term(assertion)),
  ];
}

// --- findings, changes, proof ---------------------------------------------------------------

function findingsView(asked) {
  const all = findings(asked.day, asked.known);
  return [
    element("h2", { tabindex: -1 }, word("findings")),
    element("p", { class: "count" }, word("findings_mean")),
    all.length ? all.map((one) => finding(one, asked, true)) : element("p", { class: "absent" }, word("no_findings")),
  ];
}

function finding(one, asked, withSubject) {
  const message = messageOf(one, asked.day, asked.known);
  const said = meaning(one.code, message);
  return element("div", { class: `finding ${one.breach ? "breach" : "notice"}`, "data-code": one.code, "data-subject": nameOf(one.subject) },
    element("p", {}, element("strong", {}, word(one.breach ? "breach" : "notice")), " ", withSubject && [linkTo(one.subject, asked, written(lastCalled(one.subject))), ": "], said),
    message !== said && element("p", { class: "hint", lang: "en" }, written(message)),
    one.hint && element("p", { class: "hint", lang: "en" }, written(one.hint)));
}

/** Fields that change only because another one does. */
const DERIVED = ["since", "submitted_on", "decided_on"];

function changesView(asked) {
  const all = differences(touched(asked.from, asked.day, asked.known), asked.from, asked.day, asked.known).filter(({ field }) => !DERIVED.includes(field));
  const bySubject = new Map();
  for (const change of all) bySubject.set(change.subject, [...(bySubject.get(change.subject) ?? []), change]);
  const rows = [...bySubject].slice(0, 10 * PAGE_OF_LIST);
  return [
    element("h2", { tabindex: -1 }, word("changes")),
    element("form", { class: "filters", submit: (event) => event.preventDefault() },
      element("label", {}, word("changed_since"),
        element("input", { type: "date", id: "from", value: iso(asked.from), change: (event) => ask({ from: dayOf(event.target.value) ?? asked.from }) }))),
    element("p", { class: "count" }, word("changed_between", { from: longDay(asked.from), day: longDay(asked.day), count: bySubject.size })),
    rows.length ? element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": word("changes") }, element("table", { class: "list changes" },
      element("thead", {}, element("tr", {}, ["subject", "field", "before", "after"].map((name) => element("th", { scope: "col" }, word(name))))),
      rows.map(([subject, some]) => element("tbody", {}, some.map(({ field, before, after }, at) => element("tr", { "data-subject": nameOf(subject), "data-field": field },
        at === 0 && element("th", { scope: "rowgroup", rowspan: some.length }, linkTo(subject, asked, written(lastCalled(subject))), element("code", {}, nameOf(subject))),
        element("td", { "data-label": word("field") }, word(field || "status")),
        element("td", { "data-label": word("before") }, before === null ? word(field ? "nothing_said" : "new") : telling(before, field || "status", asked)),
        element("td", { "data-label": word("after") }, after === null ? word(field ? "nothing_said" : "new") : telling(after, field || "status", asked)))))))) : element("p", { class: "absent" }, word("no_change")),
    bySubject.size > rows.length && element("p", { class: "count" }, word("first_of", { count: rows.length, all: bySubject.size })),
  ];
}

/** The verdict was told when the page was made: it stands in the page already, in each language. */
function proofView() {
  const told = document.getElementById(`proof-${language}`).content.cloneNode(true);
  return [element("h2", { tabindex: -1 }, word("proof")), told];
}
