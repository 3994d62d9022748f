// One subject on a day: its timeline, its facts, and why: the records behind it, and who names it.
// Here: that view. Not here: drawing (`timeline.js`), or which records count (`data.js`).

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

/** Read the parts that hold a subject, whatever names it or is named, and what these name. */
async function preparedSubject({ view }) {
  const subject = subjectNamed(view);
  await load([subject]);
  const near = relatives(subject);
  await load(near);
  await load(near.flatMap(relatives).slice(0, FAR));
}

const FAR = 500; // whatever is farther away than that goes by its name

function subjectView(asked) {
  const subject = subjectNamed(asked.view);
  const said = describe(subject, asked.day, asked.known);
  const name = said ? callOf(subject, said) : lastCalled(subject);
  const list = viewOfKind(subject.kind);
  const own = findings(asked.day, asked.known).filter((one) => one.subject === subject);
  const apart = [...APART, shownOf(subject.kind).called];
  const facts = inOrder(subject.kind, said ?? {}).filter(([field]) => !apart.includes(field));
  const lanes = lanesOf(subject, asked.known);
  const mandates =
    subject.kind.name === "motion"
      ? mandatesOf(subject, asked.known).filter((mandate) => rowAt(mandate, asked.day, asked.known))
      : [];
  const reasons = why(subject, asked.day, asked.known);
  const about = [
    ...new Set(reasons.filter(({ decides }) => decides).flatMap(({ record }) => record.names)),
  ].filter((other) => other !== subject);
  const naming = partOf(subject)
    .naming(subject)
    .filter((other) => !mandates.includes(other) && rowAt(other, asked.day, asked.known));
  return element(
    "article",
    {},
    element(
      "p",
      { class: "back" },
      element("a", { href: address({ ...asked, view: list }) }, `← ${calledView(list)}`),
    ),
    element("h2", { tabindex: -1 }, written(name)),
    element(
      "p",
      { class: "under" },
      element("code", {}, nameOf(subject)),
      " ",
      said ? badge(said.status) : null,
    ),
    !said &&
      subject.packed.length > 2 && // the book itself has records and no state
      element(
        "p",
        { class: "absent" },
        word(asked.known === start.known ? "not_then" : "not_then_known", {
          day: longDay(asked.day),
          known: asked.known,
        }),
      ),
    said?.status === "completed" && element("p", { class: "means" }, word("completed_means")),
    own.map((one) => finding(one, asked, false)),
    saysMoreThanADot(lanes) &&
      section(
        "over_time",
        element(
          "figure",
          {},
          element(
            "div",
            { class: "wide", "data-label": word("over_time") },
            picture(lanes, word("timeline_of", { subject: name }), asked.day, pictureWidth()),
          ),
          element("figcaption", {}, legend(lanes)),
        ),
      ),
    facts.length > 0 &&
      section(
        "facts",
        element(
          "dl",
          { class: "facts" },
          facts.map(([field, value]) =>
            element(
              "div",
              {},
              element("dt", {}, word(field)),
              element("dd", {}, telling(value, field, asked)),
            ),
          ),
        ),
      ),
    mandates.length > 0 &&
      section("mandates", listing(mandates, { ...asked, view: "mandates" }, "motion")),
    reasons.length > 0 && section("why", records(reasons, asked)),
    about.map((other) =>
      element(
        "details",
        { class: "about", "data-about": nameOf(other) },
        element("summary", {}, word("about", { subject: lastCalled(other) })),
        records(why(other, asked.day, asked.known), asked),
      ),
    ),
    naming.length > 0 &&
      section(
        "named_by",
        element(
          "ul",
          { class: "named" },
          naming.map((other) =>
            element(
              "li",
              {},
              element("small", {}, word(other.kind.name)),
              " ",
              linkTo(other, asked, written(lastCalled(other))),
              " ",
              badge(rowAt(other, asked.day, asked.known).status),
            ),
          ),
        ),
      ),
  );
}

const saysMoreThanADot = (lanes) =>
  lanes.some(({ stretches: some, marks }) => some.length || marks.length > 1);

/** What the marks mean, of those that there are. */
function legend(lanes) {
  const marks = lanes.flatMap(({ marks: some }) => some);
  const kindsOfMark = new Set(marks.map(({ kind }) => kind));
  const parts = [
    kindsOfMark.has("told") && "legend_told",
    marks.some(({ first, last }) => first !== last) && "legend_open",
    kindsOfMark.has("late") && "legend_late",
    kindsOfMark.has("taken") && "legend_taken",
    kindsOfMark.has("due") && "legend_due",
    lanes.some(({ stretches: some }) => some.some(({ sure }) => sure !== null)) && "legend_unsure",
    "legend_now",
  ];
  return parts
    .filter(Boolean)
    .map((name) => word(name))
    .join(" ");
}

const section = (name, ...children) =>
  element("section", {}, element("h3", {}, word(name)), ...children);

const pictureWidth = () =>
  Math.max(620, Math.min(1040, document.getElementById("content").clientWidth));

/** The records behind a state: when, what, by which source, and what part they play. */
function records(reasons, asked) {
  return element(
    "ol",
    { class: "records" },
    reasons.map(({ record, decides, late, by, corrected, reason }) =>
      element(
        "li",
        { class: [decides && "decides", by && "taken"].filter(Boolean).join(" ") || null },
        element(
          "p",
          { class: "what" },
          element("time", {}, tell(record.on, "on")),
          " ",
          element("strong", {}, term(record.type)),
          " ",
          decides && element("span", { class: "part" }, word("decides")),
          late && element("span", { class: "part late" }, word("late")),
          by &&
            element(
              "span",
              { class: "part taken" },
              corrected ? word("corrected", { by }) : `${word("withdrawn", { by })}: ${reason}`,
            ),
        ),
        element(
          "dl",
          {},
          Object.entries(record.said)
            .filter(([field]) => field !== "title")
            .map(([field, value]) =>
              element(
                "div",
                {},
                element("dt", {}, word(field)),
                element("dd", {}, telling(value, field, asked)),
              ),
            ),
          record.source &&
            element(
              "div",
              {},
              element("dt", {}, word("source")),
              element("dd", {}, sourceOf(record.source)),
            ),
        ),
        element(
          "p",
          { class: "made" },
          word("recorded_as", {
            position: record.position,
            made: record.made,
          }),
        ),
      ),
    ),
  );
}

function sourceOf([name, assertion, url, title, span]) {
  const called = title && title !== name ? `${name}, ${title}` : name;
  return [
    /^https?:\/\//.test(url)
      ? element("a", { href: url, rel: "noreferrer" }, written(called))
      : written(called),
    span ? `, ${word("characters", { from: span[0], to: span[1] })}` : "",
    ", ",
    element("span", { class: `assertion is-${assertion}` }, term(assertion)),
  ];
}
