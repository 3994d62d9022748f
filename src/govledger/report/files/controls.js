// Controls: the fields and sliders by which people ask for a day, and for what was known. Here: setting
// them, and listening to them. Not here: views, or the address (`asking.js`).

const field = (id) => document.getElementById(id);

const [earliest, latest] = [
  Math.min(turningDays[0] ?? opening, opening) - 1,
  Math.max(turningDays.at(-1) ?? opening, opening),
];

/** Show what is asked. */
function setControls({ day, known }) {
  // What somebody is typing is not written over.
  const put = (id, value) => asker === id || (field(id).value = value);
  put("day", iso(day));
  put("day-slider", day);
  field("day-slider").setAttribute("aria-valuetext", longDay(day));
  put("known", known === start.known || !known ? "" : iso(learnedOn(known)));
  put("known-slider", known);
  field("known-slider").setAttribute(
    "aria-valuetext",
    word("record_of", { known, all: start.known }),
  );
  field("known-of").textContent =
    known === start.known
      ? word("known_all", { all: start.known })
      : word("record_of", { known, all: start.known });
  field("before").setAttribute("aria-disabled", !turningDays.some((each) => each < day));
  field("after").setAttribute("aria-disabled", !turningDays.some((each) => each > day));
  field("reset").textContent = word("reset", { day: longDay(opening) });
  field("language").value = language;
}

/** Let people ask. */
function listen() {
  const on = (id, kind, act) => field(id).addEventListener(kind, act);
  on("day", "change", ({ target }) => {
    const day = dayOf(target.value);
    if (day !== null && target.value >= "1000") ask({ day }, "day");
  });
  on("day-slider", "input", ({ target }) => ask({ day: Number(target.value) }, "day-slider"));
  on("known", "change", ({ target }) => {
    const day = dayOf(target.value);
    ask({ known: day === null ? start.known : knownOn(day) }, "known");
  });
  on("known-slider", "input", ({ target }) => ask({ known: Number(target.value) }, "known-slider"));
  on("before", "click", () => step(turningDays.findLast((day) => day < current.day)));
  on("after", "click", () => step(turningDays.find((day) => day > current.day)));
  on("reset", "click", () => ask({ day: start.day, known: start.known }));
  on("language", "change", ({ target }) => ask({ lang: target.value }));
  on("print", "click", () => window.print());
  on("controls", "submit", (event) => event.preventDefault());
  document.addEventListener("focusout", () => {
    asker = "";
  });
  Object.assign(field("day-slider"), { min: earliest, max: latest });
  Object.assign(field("known-slider"), { min: 0, max: start.known });
  scale();
}

function step(day) {
  if (day !== undefined) ask({ day });
}

/** Where on the slider anything changes. */
function scale() {
  const at = (day) => tenth(((day - earliest) / (latest - earliest || 1)) * 1000);
  const places = [...new Set(turningDays.map(at))];
  field("turns").replaceChildren(drawn("path", { d: places.map((x) => `M${x} 0v8`).join("") }));
}
