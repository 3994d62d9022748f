// What is asked of the whole register: its findings, what changed between two days, and the proof.
// Here: those views. Not here: answers (`data.js`).

const preparedFindings = ({ day, known }) =>
  load(findings(day, known).map(({ subject }) => subject));

function findingsView(asked) {
  const all = findings(asked.day, asked.known);
  return [
    element("h2", { tabindex: -1 }, word("findings")),
    element("p", { class: "count" }, word("findings_mean")),
    all.length
      ? all.map((one) => finding(one, asked, true))
      : element("p", { class: "absent" }, word("no_findings")),
  ];
}

function finding(one, asked, withSubject) {
  const message = messageOf(one, asked.day, asked.known);
  const said = meaning(one.code, message);
  return element(
    "div",
    {
      class: `finding ${one.breach ? "breach" : "notice"}`,
      "data-code": one.code,
      "data-subject": nameOf(one.subject),
    },
    element(
      "p",
      {},
      element("strong", {}, word(one.breach ? "breach" : "notice")),
      " ",
      withSubject && [linkTo(one.subject, asked, written(lastCalled(one.subject))), ": "],
      said,
    ),
    message !== said && element("p", { class: "hint", lang: "en" }, written(message)),
    one.hint && element("p", { class: "hint", lang: "en" }, written(one.hint)),
  );
}

const preparedChanges = ({ from, day, known }) => load(touched(from, day, known));

/** Fields that change only because another one does. */
const DERIVED = ["since", "submitted_on", "decided_on"];

function changesView(asked) {
  const all = differences(
    touched(asked.from, asked.day, asked.known),
    asked.from,
    asked.day,
    asked.known,
  ).filter(({ field }) => !DERIVED.includes(field));
  const bySubject = new Map();
  for (const change of all)
    bySubject.set(change.subject, [...(bySubject.get(change.subject) ?? []), change]);
  const rows = [...bySubject].slice(0, 10 * PAGE_OF_LIST);
  return [
    element("h2", { tabindex: -1 }, word("changes")),
    element(
      "form",
      { class: "filters", submit: (event) => event.preventDefault() },
      element(
        "label",
        {},
        word("changed_since"),
        element("input", {
          type: "date",
          id: "from",
          value: iso(asked.from),
          change: (event) => ask({ from: dayOf(event.target.value) ?? asked.from }),
        }),
      ),
    ),
    element(
      "p",
      { class: "count" },
      word("changed_between", {
        from: longDay(asked.from),
        day: longDay(asked.day),
        count: bySubject.size,
      }),
    ),
    rows.length
      ? element(
          "div",
          { class: "wide", tabindex: 0, role: "region", "aria-label": word("changes") },
          element(
            "table",
            { class: "list changes" },
            element(
              "thead",
              {},
              element(
                "tr",
                {},
                ["subject", "field", "before", "after"].map((name) =>
                  element("th", { scope: "col" }, word(name)),
                ),
              ),
            ),
            rows.map(([subject, some]) =>
              element(
                "tbody",
                {},
                some.map(({ field, before, after }, at) =>
                  element(
                    "tr",
                    { "data-subject": nameOf(subject), "data-field": field },
                    at === 0 &&
                      element(
                        "th",
                        { scope: "rowgroup", rowspan: some.length },
                        linkTo(subject, asked, written(lastCalled(subject))),
                        element("code", {}, nameOf(subject)),
                      ),
                    element("td", { "data-label": word("field") }, word(field || "status")),
                    element(
                      "td",
                      { "data-label": word("before") },
                      before === null
                        ? word(field ? "nothing_said" : "new")
                        : telling(before, field || "status", asked),
                    ),
                    element(
                      "td",
                      { "data-label": word("after") },
                      after === null
                        ? word(field ? "nothing_said" : "new")
                        : telling(after, field || "status", asked),
                    ),
                  ),
                ),
              ),
            ),
          ),
        )
      : element("p", { class: "absent" }, word("no_change")),
    bySubject.size > rows.length &&
      element(
        "p",
        { class: "count" },
        word("first_of", { count: rows.length, all: bySubject.size }),
      ),
  ];
}

/** The verdict was told when the page was made: it stands in the page already, in each language. */
function proofView() {
  const told = document.getElementById(`proof-${language}`).content.cloneNode(true);
  return [element("h2", { tabindex: -1 }, word("proof")), told];
}
