// Timelines: what became of a subject, as a picture. Here: lanes of stretches and marks, by days,
// and drawing them: what `timelines.py` and `drawing.py` do for paper. Not here: the words beside.

/** The lanes of a subject as known at a position. Its part and those of its mandates were read. */
function lanesOf(subject, known) {
  const told = believed(subject, known);
  const lane = (label, stretches, marks = []) => ({ label, stretches, marks });
  const lanes = [];
  if (subject.kind.name === "motion") {
    lanes.push(lane(word("decision"), runs(told, "decision")));
    lanes.push(lane(word("follow_up"), runs(told, "follow_up")));
    lanes.push(lane(word("force"), forces(told)));
    for (const mandate of mandatesOf(subject, known))
      lanes.push(mandateLane(mandate, slugOf(mandate), known));
  } else if (subject.kind.name === "mandate") {
    lanes.push(mandateLane(subject, word("status"), known));
  } else {
    lanes.push(lane(word("status"), runs(told, "status")));
  }
  lanes.push(lane(word("records").toLowerCase(), [], recordMarks(subject, known)));
  return lanes.filter(({ stretches, marks }) => stretches.length || marks.length);
}

function believed(subject, known) {
  const told = partOf(subject).said(subject);
  return stretches(subject, known).map(({ row, from, to }) => ({
    since: from,
    until: to,
    row,
    phases: told[row.number],
    said: told[row.number][0],
  }));
}

function mandatesOf(motion, known) {
  return partOf(motion)
    .naming(motion)
    .filter(({ kind }) => kind.name === "mandate")
    .filter((mandate) =>
      believed(mandate, known).some(({ said }) => said.motion === nameOf(motion)),
    );
}

/** Stretches in which a field stays the same. */
function runs(told, field) {
  const found = [];
  for (const { since, until, said } of told) {
    const status = said[field];
    const last = found.at(-1);
    if (last && last.until === since && last.status === status) last.until = until;
    else if (status) found.push({ since, until, status, text: term(status), sure: null });
  }
  return found;
}

/** Where a motion is in force: until a day, at least until one, or until something happens. */
function forces(told) {
  const found = [];
  let before;
  for (const {
    since,
    until,
    said: { force },
  } of told) {
    const follows = found.length > 0 && before;
    if (force && follows && JSON.stringify(force) === JSON.stringify(before))
      found.at(-1).until = until;
    else if (force) found.push(forced(follows ? since : lastDay(force.from), until, force));
    before = force;
  }
  return found.map(ended);
}

function forced(since, until, { kind, until: end }) {
  const sure = kind === "until-event" ? null : lastDay(end);
  return { since, until, status: kind, text: `${term(kind)} ${end}`, sure };
}

/** Force with an exact end ends by itself; any other may have ended after its bound. */
function ended(force) {
  if (force.status !== "exact" || force.sure === null) return force;
  const end = Math.min(force.sure + 1, LAST);
  return { ...force, until: force.until === null ? end : Math.min(end, force.until), sure: null };
}

/** How far a mandate has come, and when its deadline passes. */
function mandateLane(mandate, label, known) {
  const told = believed(mandate, known);
  const due = told.flatMap(({ row, phases }) => {
    const at = phases.findIndex((said) => said.deadline === "overdue");
    if (at < 0) return [];
    const day = row.day + row.phases[at][0] - 1;
    return [
      { first: day, last: day, kind: "due", text: `${word("due")} ${tell(phases[at].due, "due")}` },
    ];
  });
  return { label, stretches: runs(told, "status"), marks: due.slice(-1) };
}

function recordMarks(subject, known) {
  return why(subject, Infinity, known).map(({ record, late, by }) => ({
    first: record.earliest,
    last: record.latest,
    kind: by ? "taken" : late ? "late" : "told",
    text: `${record.position}  ${record.on}  ${term(record.type)}`,
  }));
}

// --- drawing --------------------------------------------------------------------------------

const [GUTTER, EDGE, TOP, LANE, BAR, SIDE, LETTER, MARGIN] = [136, 16, 30, 30, 20, 14, 6.8, 0.04];
const STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600];
const [FIRST, LAST, FAR_OFF] = ["0001-01-01", "9999-12-31", "9000-01-01"].map(dayOf);
const tenth = (number) => Math.round(number * 10) / 10;

function scaleOf(lanes, day, width) {
  const days = lanes
    .flatMap(({ stretches: some, marks }) => [
      ...some.flatMap(({ since, until, sure }) => [since, until, sure]),
      ...marks.flatMap(({ first, last }) => [first, last]),
    ])

    .filter((each) => each !== null && each < FAR_OFF);
  days.push(day);
  const [earliest, latest] = [Math.min(...days), Math.max(...days)];
  const margin = Math.max(7, Math.round((latest - earliest) * MARGIN));
  const [first, last] = [Math.max(earliest - margin, FIRST), Math.min(latest + margin, LAST)];
  const shown = (each) => Math.min(Math.max(each, first), last);
  const at = (each) =>
    tenth(GUTTER + ((shown(each) - first) / (last - first)) * (width - GUTTER - EDGE));
  return { first, last, width, at };
}

/** The first days of months, so many that their names do not meet. */
function ticks({ first, last, width, at }) {
  const month = (day) => {
    const [year, number] = iso(day).split("-").map(Number);
    return year * 12 + number;
  };
  const [begin, end] = [month(first), month(last)];
  const most = Math.max(2, Math.floor((width - GUTTER - EDGE) / 84));
  const step = STEPS.find((each) => (end - begin) / each <= most) ?? STEPS.at(-1);
  const found = [];
  for (let each = begin; each < end; each += 1) {
    if (each % step === 0) found.push(Date.UTC(Math.floor(each / 12), each % 12, 1) / DAY);
  }
  return found.filter((tick) => at(tick) <= width - 2 * EDGE);
}

/** The lanes as a picture, with a line at the day that is asked about. */
function picture(lanes, title, day, width) {
  const scale = scaleOf(lanes, day, width);
  const height = TOP + lanes.length * LANE + 4;
  const x = scale.at(day);
  return drawn(
    "svg",
    { class: "timeline", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    ticks(scale).map((tick) => [
      line("tick", scale.at(tick), TOP - 8, scale.at(tick), height),
      words("when", scale.at(tick), TOP - 14, iso(tick).slice(0, 7)),
    ]),
    line("now", x, TOP - 8, x, height),
    lanes.flatMap(({ label, stretches: some, marks }, count) => {
      const top = TOP + count * LANE;
      return [
        words("lane", 0, top + 14, label),
        ...some.map((one) => drawnStretch(one, scale, top)),
        ...drawnMarks(marks, scale, top),
      ];
    }),
  );
}

function drawnStretch({ since, until, status, text, sure }, scale, top) {
  const [left, right] = [scale.at(since), scale.at(until ?? scale.last)];
  const safe = sure === null ? right : Math.min(right, scale.at(sure));
  return drawn(
    "g",
    { class: `stretch is-${status}` },
    drawn("title", {}, `${text}: ${iso(since)} – ${until === null ? "" : iso(until)}`.trim()),
    bar("sure", left, safe, top),
    safe < right && bar("unsure", Math.max(left, safe), right, top),
    text.length * LETTER + 12 <= right - left && words("said", left + 6, top + 14, text),
  );
}

const bar = (name, left, right, top) =>
  drawn("rect", {
    class: name,
    x: left,
    y: top,
    width: tenth(Math.max(1.5, right - left)),
    height: BAR,
  });

/** The marks of a lane: those of one kind and day as one; other kinds of that day beside it. */
function drawnMarks(marks, scale, top) {
  const takenUp = new Map();
  return Object.keys(SHAPES).flatMap((kind) => {
    const byDay = new Map();
    for (const mark of marks.filter((each) => each.kind === kind))
      byDay.set(mark.last, [...(byDay.get(mark.last) ?? []), mark]);
    return [...byDay]
      .sort(([one], [other]) => one - other)
      .map(([last, some]) => {
        const beside = takenUp.get(last) ?? 0;
        takenUp.set(last, beside + SIDE);
        return drawnMark(some, scale, top + BAR / 2, beside);
      });
  });
}

/** Marks of one kind that end on the same day: one mark, with their number. */
function drawnMark(marks, scale, middle, beside) {
  const [{ kind, last }] = marks;
  const first = Math.min(...marks.map((mark) => mark.first ?? scale.first));
  const at = tenth(scale.at(last) + beside);
  return drawn(
    "g",
    { class: `mark ${kind}` },
    drawn("title", {}, marks.map(({ text }) => text).join("\n")),
    first < last && line("whisker", scale.at(first), middle, at, middle),
    SHAPES[kind](at, middle, marks.length),
  );
}

const dot = (x, middle, count) => [
  drawn("circle", { cx: x, cy: middle, r: count === 1 ? 5 : 8 }),
  count > 1 && words("count", x, middle + 4, String(count)),
];
const path = (form) => (x, middle) => drawn("path", { d: `M${x} ${middle}${form}` });
const SHAPES = {
  told: dot,
  late: dot,
  taken: path("m-4 -4l8 8m0 -8l-8 8"),
  due: path("m0 -7l7 7l-7 7l-7 -7z"),
};

const line = (name, x, y, toX, toY) =>
  drawn("line", { class: name, x1: x, y1: y, x2: toX, y2: toY });
const words = (name, x, y, text) => drawn("text", { class: name, x, y }, text);

// --- in a list ------------------------------------------------------------------------------

const [STRIP, THIN] = [168, 10];

/** The status of a subject over all the time that the page knows, small; for the eye alone. */
function strip(subject, day, known, [first, last]) {
  const at = (each) => tenth(((Math.min(each, last) - first) / (last - first)) * STRIP);
  return drawn(
    "svg",
    {
      class: "timeline strip",
      viewBox: `0 0 ${STRIP} ${THIN + 4}`,
      width: STRIP,
      height: THIN + 4,
      "aria-hidden": "true",
    },
    stretches(subject, known).map(({ row, from, to }) =>
      drawn(
        "g",
        { class: `is-${row.status ?? "on-record"}` },
        drawn("rect", {
          x: at(from),
          y: 2,
          width: Math.max(1.5, tenth(at(to ?? last) - at(from))),
          height: THIN,
        }),
      ),
    ),
    drawn("line", { class: "now", x1: at(day), y1: 0, x2: at(day), y2: THIN + 4 }),
  );
}
