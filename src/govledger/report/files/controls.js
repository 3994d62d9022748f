// Controls: the fields and sliders by which people ask for a day, and for what was known. Here: setting
// them, and listening to them. Not here: views, or the address (`asking.js`).

const field = (id) => document.getElementById(id);

const [earliest, latest] = [
  Math.min(turningDays[0] ?? opening, opening) - 1,
  Math.max(turningDays.at(-1) ?? opening, opening),
];

/** Show what is asked. */
function setControls({ day, known }) {
  field("day").value = iso(day);
  field("day-slider").value = day;
  field("day-slider").setAttribute("aria-valuetext", longDay(day));
  field("known").value = known === start.known ? "" : iso(learnedOn(known) ?? opening);
  field("known-slider").value = known;
  field("known-slider").setAttribute(
    "aria-valuetext",
    word("record_of", { known, all: start.known }),
  );
  field("known-of").textContent =
    known === start.known
      ? word("known_all", { all: start.known })
      : word("record_of", { known, all: start.known });
  field("before").disabled = turningDays[0] === undefined || day <= turningDays[0];
  field("after").disabled = turningDays.at(-1) === undefined || day >= turningDays.at(-1);
  field("language").value = language;
}

/** Let people ask. */
function listen() {
  const on = (id, kind, act) => field(id).addEventListener(kind, act);
  on("day", "change", ({ target }) => {
    const day = dayOf(target.value);
    if (day !== null) ask({ day });
  });
  on("day-slider", "input", ({ target }) => ask({ day: Number(target.value) }, true));
  on("known", "change", ({ target }) => {
    const day = dayOf(target.value);
    ask({ known: day === null ? start.known : knownOn(day) });
  });
  on("known-slider", "input", ({ target }) => ask({ known: Number(target.value) }, true));
  on("before", "click", () =>
    ask({ day: turningDays.findLast((day) => day < asking(location.hash).day) }),
  );
  on("after", "click", () =>
    ask({ day: turningDays.find((day) => day > asking(location.hash).day) }),
  );
  on("reset", "click", () => ask({ day: start.day, known: start.known }));
  on("language", "change", ({ target }) => ask({ lang: target.value }));
  on("print", "click", () => window.print());
  on("controls", "submit", (event) => event.preventDefault());
  Object.assign(field("day-slider"), { min: earliest, max: latest });
  Object.assign(field("known-slider"), { min: 0, max: start.known });
  scale();
}

/** Where on the slider anything changes. */
function scale() {
  const at = (day) => tenth(((day - earliest) / (latest - earliest || 1)) * 1000);
  const places = [...new Set(turningDays.map(at))];
  field("turns").replaceChildren(drawn("path", { d: places.map((x) => `M${x} 0v8`).join("") }));
}
