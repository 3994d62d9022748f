// What is asked of the whole register: its findings, what changed between two days, and the proof.
// Here: those views. Not here: answers (`data.js`).

const preparedFindings = ({ day, known }) =>
  load(findings(day, known).map(({ subject }) => subject));

function findingsView(asked) {
  const all = findings(asked.day, asked.known);
  return [
    heading(word("findings")),
    element("p", { class: "count" }, word("findings_mean")),
    all.length
      ? all.map((one) => finding(one, asked, true))
      : element("p", { class: "absent" }, word(page.year ? "no_findings_here" : "no_findings")),
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
    one.breach && message !== said && element("p", { class: "hint", lang: "en" }, written(message)),
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
  const subjectsChanged = bySubject(all);
  const rows = [...subjectsChanged].slice(0, 10 * PAGE_OF_LIST);
  return [
    heading(word("changes")),
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
          change: ({ target }) => {
            const from = dayOf(target.value);
            if (from !== null && target.value >= "1000") ask({ from }, "from");
          },
        }),
      ),
    ),
    element(
      "p",
      { class: "count", id: "count", tabindex: -1 },
      word("changed_between", {
        from: longDay(asked.from),
        day: longDay(asked.day),
        count: subjectsChanged.size,
      }),
    ),
    rows.length
      ? element(
          "div",
          { class: "wide", "data-label": word("changes") },
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
    subjectsChanged.size > rows.length &&
      element(
        "p",
        { class: "count" },
        word("first_of", { count: rows.length, all: subjectsChanged.size }),
      ),
  ];
}

/** The verdict was told when the page was made: it stands in the page already, in each language. */
function proofView() {
  const told = document.getElementById(`proof-${language}`).content.cloneNode(true);
  return [heading(word("proof")), told];
}
