// Lists: the subjects of a kind on a day. Here: which are shown, and the table, its filters, its pages.
// Not here: one subject (`subject.js`).

const PAGE_OF_LIST = 50;

/** The subjects of a list on a day: all, those that fit what is asked, and those that are shown. */
function chosen(asked) {
  const all = kindsOf(asked.view).flatMap((kind) => standing(kind.name, asked.day, asked.known));
  const fitting = all.filter(fits(asked));
  const pages = Math.max(1, Math.ceil(fitting.length / PAGE_OF_LIST));
  const at = Math.min(asked.page, pages); // 0 is all of them
  const first = at ? (at - 1) * PAGE_OF_LIST : 0;
  return {
    all,
    fitting,
    pages,
    at,
    first,
    shown: at ? fitting.slice(first, first + PAGE_OF_LIST) : fitting,
  };
}

/** Read the parts that hold what is to be listed, and the motions that it names. */
async function preparedList(asked) {
  if (asked.q) await load(kindsOf(asked.view).flatMap((kind) => ofKind.get(kind.name)));
  const picked = chosen(asked);
  await load(picked.shown);
  const said = picked.shown.map((each) => describe(each, asked.day, asked.known));
  await load(said.map(({ motion }) => subjectNamed(motion)).filter(Boolean));
  return picked;
}

function fits({ status, q, day, known }) {
  const sought = q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return (subject) => {
    if (status && rowAt(subject, day, known).status !== status) return false;
    if (!sought.length) return true;
    const { notices, ...said } = describe(subject, day, known);
    const text = `${nameOf(subject)} ${Object.entries(said)
      .map(([field, value]) => tell(value, field))
      .join(" ")}`.toLocaleLowerCase();
    return sought.every((one) => text.includes(one));
  };
}

function listView(asked, { all, fitting, pages, at, first, shown }) {
  return [
    heading(calledView(asked.view)),
    filters(all, asked),
    element(
      "p",
      { class: "count", id: "count", tabindex: -1 },
      found(asked, all, fitting, first, shown),
    ),
    shown.length
      ? listing(shown, asked)
      : element("p", { class: "absent" }, word(all.length ? "no_match" : "nothing")),
    pages > 1 && pager(at, pages, asked),
  ];
}

/** How many there are, how many of them are shown, and why no more. */
function found({ status, q }, all, fitting, first, shown) {
  const sought = [status && `${word("status")} ${term(status)}`, q && `“${q}”`].filter(Boolean);
  const count = sought.length
    ? word("found_of", { count: fitting.length, all: all.length, sought: sought.join(", ") })
    : word(page.year ? "on_page" : "on_record", { count: all.length });
  const some =
    shown.length < fitting.length &&
    word("shown_of", { from: first + 1, to: first + shown.length });
  return some ? `${count} ${some}` : count;
}

function filters(all, asked) {
  const counts = new Map();
  for (const subject of all) {
    const { status } = rowAt(subject, asked.day, asked.known);
    if (status) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  if (asked.status && !counts.has(asked.status)) counts.set(asked.status, 0);
  const options = [...counts].map(([status, count]) =>
    element(
      "option",
      { value: status, selected: status === asked.status },
      `${term(status)} (${count})`,
    ),
  );
  return element(
    "form",
    { class: "filters", role: "search", submit: (event) => event.preventDefault() },
    element(
      "label",
      {},
      word("search"),
      element("input", {
        type: "search",
        id: "q",
        value: asked.q,
        autocomplete: "off",
        input: (event) => event.isComposing || ask({ q: event.target.value, page: 1 }, "q"),
        compositionend: (event) => ask({ q: event.target.value, page: 1 }, "q"),
      }),
    ),
    options.length > 0 &&
      element(
        "label",
        {},
        capital(word("status")),
        element(
          "select",
          { id: "status", change: (event) => ask({ status: event.target.value, page: 1 }) },
          element("option", { value: "" }, word("any")),
          options,
        ),
      ),
  );
}

function listing(some, asked, but = "") {
  const found = bySubject(findings(asked.day, asked.known));
  const columns = shownOf(some[0].kind).columns.filter((column) => column !== but);
  const range = [turningDays[0], Math.max(turningDays.at(-1), asked.day) + 1];
  const strips = some.some((subject) => rowAt(subject, asked.day, asked.known).status);
  return element(
    "div",
    { class: "wide", "data-label": calledView(asked.view) },
    element(
      "table",
      { class: "list" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, word("subject")),
          columns.map((column) => element("th", { scope: "col" }, word(column))),
          strips && element("th", { scope: "col", class: "strips" }, word("over_time")),
        ),
      ),
      element(
        "tbody",
        {},
        some.map((subject) => {
          const said = describe(subject, asked.day, asked.known);
          return element(
            "tr",
            { "data-subject": nameOf(subject), "data-status": said.status ?? "" },
            element(
              "th",
              { scope: "row" },
              linkTo(subject, asked, written(callOf(subject, said))),
              element("code", {}, nameOf(subject)),
              flags(found.get(subject), said),
            ),
            columns.map((column) =>
              element(
                "td",
                { "data-label": word(column), class: page.whole.includes(column) ? "whole" : null },
                cell(said[column], column, asked),
              ),
            ),
            strips &&
              element("td", { class: "strips" }, strip(subject, asked.day, asked.known, range)),
          );
        }),
      ),
    ),
  );
}

const cell = (value, column, asked) =>
  value === undefined ? element("span", { class: "none" }, "–") : telling(value, column, asked);

const flags = (found, said) =>
  (found ?? []).map(({ code, breach, message }) =>
    element(
      "span",
      { class: breach ? "flag breach" : "flag" },
      meaning(code, message ?? said.notices?.find(([each]) => each === code)?.[1]),
    ),
  );

function pager(at, pages, asked) {
  const to = (page, label) =>
    at && page >= 1 && page <= pages
      ? element("a", { href: address({ ...asked, page }) }, label)
      : element("span", { class: "none" }, label);
  return element(
    "nav",
    { class: "pager", "aria-label": word("pages") },
    to(at - 1, word("previous")),
    at > 0
      ? element("span", {}, word("page_of", { page: at, pages }))
      : element("a", { href: address({ ...asked, page: 1 }) }, word("page_by_page")),
    to(at + 1, word("next")),
    at > 0 && element("a", { href: address({ ...asked, page: 0 }) }, word("all_of_them")),
  );
}
