// Words: what people read. Here: terms, sentences, dates and described values in the language that
// is chosen. Not here: elements, or what is said of a subject.

const page = read("page");
const opening = dayOf(page.day);
let language = page.language;

const term = (name) => page.words[language].own[name] ?? page.words[language].terms[name] ?? name;

function word(name, values = {}) {
  const words = page.words[language];
  const text = words.own[name] ?? words.words[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

/** A number of things: "1 motion", "2 motions". */
const counted = (number, thing) => word(number === 1 ? `one_${thing}` : `many_${thing}`, { count: number.toLocaleString(language) });

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
    if ("until" in value && "kind" in value) return `${value.from} – ${term(value.kind)} ${value.until}`;
    if ("in_favour" in value) return word("electorate" in value ? "tally_of_all" : "tally_of", value);
    return Object.entries(value).map(([name, each]) => `${word(name)}: ${tell(each)}`).join("; ");
  }
  if (TERMED.has(field)) return term(value);
  if (field === "due" && /^before \d/.test(value)) return value.replace("before", term("before"));
  if (value === "[withheld]" || value === "[erased]") return word(value.slice(1, -1));
  return String(value);
}

/** What a finding says: in words of the page where it has some, else in those of the ledger. */
const meaning = (code, message) => page.words[language].findings[code] ?? message ?? code;
