// Lists: the subjects of a kind on a day. Here: which are shown, and the table, its filters, its pages.
// Not here: one subject (`subject.js`).

const PAGE_OF_LIST = 50;

/** The subjects of a list on a day: all, those that fit what is asked, and those that are shown. */
function chosen(asked) {
  const all = kindsOf(asked.view).flatMap((kind) => standing(kind.name, asked.day, asked.known));
  const fitting = all.filter(fits(asked));
  const pages = Math.max(1, Math.ceil(fitting.length / PAGE_OF_LIST));
  const at = Math.min(asked.page, pages);
  return {
    all,
    fitting,
    pages,
    at,
    shown: fitting.slice((at - 1) * PAGE_OF_LIST, at * PAGE_OF_LIST),
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

function listView(asked, { all, fitting, pages, at, shown }) {
  return [
    element("h2", { tabindex: -1 }, word(asked.view)),
    filters(all, asked),
    element("p", { class: "count", id: "count" }, found(fitting.length, all.length)),
    shown.length
      ? listing(shown, asked)
      : element("p", { class: "absent" }, word(all.length ? "no_match" : "nothing")),
    pages > 1 && pager(at, pages, asked),
  ];
}

const found = (fitting, all) =>
  fitting === all ? word("on_record", { count: all }) : word("found_of", { count: fitting, all });

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
        input: (event) => ask({ q: event.target.value, page: 1 }, true),
      }),
    ),
    options.length > 0 &&
      element(
        "label",
        {},
        word("status"),
        element(
          "select",
          { id: "status", change: (event) => ask({ status: event.target.value, page: 1 }) },
          element("option", { value: "" }, word("any")),
          options,
        ),
      ),
  );
}

const WHOLE = ["since", "on", "status"]; // are not broken over lines

function listing(some, asked, but = "") {
  const codes = codesOf(findings(asked.day, asked.known));
  const columns = shownOf(some[0].kind).columns.filter((column) => column !== but);
  const range = [turningDays[0], Math.max(turningDays.at(-1), asked.day) + 1];
  const strips = some.some((subject) => rowAt(subject, asked.day, asked.known).status);
  return element(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": word(asked.view) },
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
              flags(codes.get(subject), said, asked),
            ),
            columns.map((column) =>
              element(
                "td",
                { "data-label": word(column), class: WHOLE.includes(column) ? "whole" : null },
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

const flags = (codes, said) =>
  (codes ?? []).map((code) =>
    element(
      "span",
      { class: "flag" },
      meaning(code, said.notices?.find(([each]) => each === code)?.[1]),
    ),
  );

function pager(at, pages, asked) {
  const to = (page, label) =>
    page >= 1 && page <= pages
      ? element("a", { href: address({ ...asked, page }) }, label)
      : element("span", { class: "none" }, label);
  return element(
    "nav",
    { class: "pager", "aria-label": word("pages") },
    to(at - 1, word("previous")),
    element("span", {}, word("page_of", { page: at, pages })),
    to(at + 1, word("next")),
  );
}
