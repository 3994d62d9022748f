// The console: what a program, or a curious auditor, may ask of the page. Here: the same answers as
// the views have, as plain values, by subject, day and position.

window.govledger = Object.freeze({
  known: register.known,
  subjects: () => subjects.map(nameOf),
  async describe(name, day, known = start.known) {
    await load([subjectNamed(name)]);
    return describe(subjectNamed(name), dayOf(day), known);
  },
  async why(name, day, known = start.known) {
    await load([subjectNamed(name)]);
    return why(subjectNamed(name), dayOf(day), known);
  },
  findings: (day, known = start.known) =>
    findings(dayOf(day), known).map(({ subject, code, position, breach }) => ({
      subject: nameOf(subject),
      code,
      position,
      breach,
    })),
  async differences(before, after, known = start.known) {
    const some = touched(dayOf(before), dayOf(after), known);
    await load(some);
    return differences(some, dayOf(before), dayOf(after), known).map((one) => ({
      ...one,
      subject: nameOf(one.subject),
    }));
  },
  statuses(day, known = start.known) {
    const rows = subjects.map((subject) => [nameOf(subject), rowAt(subject, dayOf(day), known)]);
    return Object.fromEntries(
      rows.filter(([, row]) => row).map(([name, row]) => [name, row.status ?? null]),
    );
  },
});
