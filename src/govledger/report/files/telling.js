// Telling: subjects and described values as elements, with links. Here: what a subject is called, and
// how a value is shown. Not here: whole views, or words (`speaking.js`).

/** The field that a subject is called by, and the columns of the list of its kind. */
function shownOf(kind) {
  const [called, columns] = page.shown[kind.name];
  return { called, columns };
}

const callOf = (subject, said) => said?.[shownOf(subject.kind).called] ?? slugOf(subject);

/** What a subject was called last, on whatever day. */
const lastCalled = (subject) => callOf(subject, partOf(subject)?.said(subject).at(-1)?.at(-1));

function linkTo(subject, asked, ...children) {
  return element("a", { href: address({ ...asked, view: nameOf(subject) }) }, ...children);
}

/** A described value with links to the subjects that it names. */
function telling(value, field, asked) {
  if (Array.isArray(value))
    return value.map((each, at) => [at ? "; " : "", telling(each, field, asked)]);
  const subject = typeof value === "string" && subjectNamed(value);
  if (subject)
    return linkTo(subject, asked, written(partOf(subject) ? lastCalled(subject) : value));
  if (field === "status") return badge(value);
  if (field === "findings") return meaning(value);
  return /^https?:\/\/\S+$/.test(value)
    ? element("a", { href: value, rel: "noreferrer" }, value)
    : written(tell(value, field));
}
