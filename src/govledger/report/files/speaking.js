// Words: what people read. Here: terms, sentences, dates and described values in the language that
// is chosen. Not here: elements, or what is said of a subject.

const page = read("page");
const opening = dayOf(page.day);
let language = page.language;

/** The first of some tables that has a name says what it stands for; the name itself where none does. */
const look = (name, ...tables) =>
  tables.find((table) => Object.hasOwn(table, name))?.[name] ?? name;

const term = (name) => look(name, page.words[language].own, page.words[language].terms);

function word(name, values = {}) {
  const text = look(name, page.words[language].names, page.words[language].words);
  return text.replace(/\{(\w+)\}/g, (whole, key) =>
    Object.hasOwn(values, key) ? values[key] : whole,
  );
}

const longDay = (day) => {
  const [year, month, date] = iso(day).split("-");
  return `${Number(date)} ${page.words[language].months[Number(month) - 1]} ${year}`;
};

const TERMED = new Set(page.termed);

/** A described value as people read it. */
function tell(value, field = "") {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return word(String(value));
  if (Array.isArray(value)) return value.map((each) => tell(each)).join("; ") || "–";
  if (typeof value === "object") {
    if ("until" in value && "kind" in value)
      return `${value.from ? `${value.from} – ` : ""}${term(value.kind)} ${value.until}`;
    if ("in_favour" in value) return counted(value);
    return Object.entries(value)
      .map(([name, each]) => `${word(name)}: ${tell(each)}`)
      .join("; ");
  }
  if (TERMED.has(field)) return term(value);
  if (field === "due" && /^before \d/.test(value)) return value.replace("before", term("before"));
  if (value === "[withheld]" || value === "[erased]") return word(value.slice(1, -1));
  if (/^\.\.\/\d{4}/.test(value)) return word("by_day", { day: value.slice(3) });
  return String(value);
}

/** A count of votes; of those who did neither vote for nor against, if any. */
function counted(tally) {
  const parts = ["in_favour", "against", "abstained", "absent"]
    .filter((name, at) => at < 2 || tally[name])
    .map((name) => word(`n_${name}`, { count: tally[name] }));
  if (tally.electorate) parts.push(word("n_electorate", { count: tally.electorate }));
  return `${parts.join(", ")} (${term(tally.unit)})`;
}

/** What a finding says: in words of the page where it has some, else in those of the ledger. */
const meaning = (code, message) =>
  look(code, page.words[language].findings, { [code]: message ?? code });
