// What the page knows, and the questions asked of it, as `Ledger` answers them: by days and log
// positions. Here: reading the embedded data (`packing.py` wrote it). Not here: words, or the page.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

const register = read("register");
const kinds = register.kinds.map(([name, plural, fields]) => ({ name, plural, fields }));
const subjects = register.subjects.map((packed, number) => ({
  number,
  kind: kinds[packed[1]],
  packed,
}));
const slugOf = ({ packed }) => packed[0];
const nameOf = ({ kind, packed }) => `${kind.name}/${packed[0]}`;
const ofKind = new Map(kinds.map((kind) => [kind.name, []]));
for (const subject of subjects) ofKind.get(subject.kind.name).push(subject);

let names; // made once it is asked for
function subjectNamed(name) {
  if (!name?.includes("/")) return undefined;
  names ??= new Map(subjects.map((subject) => [nameOf(subject), subject]));
  return names.get(name);
}

const noticed = register.noticed.map((number) => subjects[number]);

/** Every day on which something is said that was not said the day before. */
const turningDays = register.turns;

/** Go through the rows of a subject, until `visit` says false. */
function scan({ packed }, visit) {
  let [day, from] = [0, 0];
  for (let at = 2, number = 0; at < packed.length; at += 4, number += 1) {
    day += packed[at];
    from += packed[at + 1];
    const until = packed[at + 2] && from + packed[at + 2];
    const phases = typeof packed[at + 4] === "object" ? packed[at + 4] : null;
    if (visit(number, day, from, until, packed[at + 3], phases) === false) return;
    if (phases) at += 1;
  }
}

const rowOf = (number, day, from, until, status, phases) => ({
  number,
  day,
  from,
  until,
  status: register.words[status],
  phases: phases ?? [], // each with the days since the row began, and the codes of its notices
});

// --- parts ----------------------------------------------------------------------------------

const parts = new Map();
const partOf = (subject) => parts.get(Math.floor(subject.number / register.part));

/** The page is read to its end: until then, a part may be there in part. */
const whole = new Promise((resolve) => {
  document.addEventListener("DOMContentLoaded", resolve, { once: true });
});

/** Read the parts that hold these subjects. */
async function load(wanted) {
  const numbers = new Set(wanted.map((subject) => Math.floor(subject.number / register.part)));
  const missing = [...numbers].filter((number) => !parts.has(number));
  await Promise.all(
    missing.map(async (number) => {
      if (!document.getElementById(`part-${number}`)?.nextElementSibling) await whole;
      const part = await inflated(document.getElementById(`part-${number}`).textContent);
      if (!parts.has(number)) parts.set(number, opened(part, number * register.part));
    }),
  );
}

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function opened({ said, naming, tellings, records, fields, values }, first) {
  const all = new Map(
    records.map(([position, type, on, earliest, latest, made, source, pairs, names]) => [
      position,
      {
        position,
        earliest,
        latest,
        type: values[type],
        on: values[on],
        made: values[made],
        source: values[source],
        said: changed({}, pairs, fields, values),
        names: names.map((number) => subjects[number]),
      },
    ]),
  );
  const told = (changes) => {
    let beginning = {};
    return changes.map(([start, ...later]) => {
      let phase = (beginning = changed(beginning, start, fields, values));
      return [
        phase,
        ...later.map((pairs) => {
          phase = changed(phase, pairs, fields, values);
          return phase;
        }),
      ];
    });
  };
  const rows = new Map();
  return {
    records: all,
    said({ number }) {
      if (!rows.has(number)) rows.set(number, told(said[number - first]));
      return rows.get(number);
    },
    naming: ({ number }) => naming[number - first].map((one) => subjects[one]),
    tellings: ({ number }) => tellings[number - first],
    recordsOf: ({ number }) => {
      const [, told, taken] = tellings[number - first].at(-1) ?? [0, [], []];
      return [...told, ...taken].map(([position]) => all.get(position));
    },
  };
}

function changed(said, pairs, fields, values) {
  const after = { ...said };
  for (let at = 0; at < pairs.length; at += 2) {
    if (pairs[at + 1] === 0) delete after[fields[pairs[at]]];
    else after[fields[pairs[at]]] = values[pairs[at + 1]];
  }
  return after;
}

// --- a subject on a day, as known at a position ---------------------------------------------

const isKnown = (from, until, known) => from <= known && (until === 0 || known < until);

/** Of the spans that were known, the one that begins last; null where nothing was on record. */
function rowAt(subject, day, known) {
  let found = null;
  scan(subject, (number, since, from, until, status, phases) => {
    if (since > day) return false;
    if (isKnown(from, until, known)) found = [number, since, from, until, status, phases];
    return true;
  });
  return found && rowOf(...found);
}

function isOnRecord(subject, day, known) {
  let found = false;
  scan(subject, (number, since, from, until) => {
    found ||= since <= day && isKnown(from, until, known);
    return !found && since <= day;
  });
  return found;
}

/** The number of the phase in which a row is on a day. */
function phaseAt({ day: since, phases }, day) {
  let at = phases.length - 1;
  while (at > 0 && since + phases[at][0] > day) at -= 1;
  return Math.max(at, 0);
}

/** The codes of the notices of a row on a day. */
function codesAt(row, day) {
  const [, ...codes] = row.phases[phaseAt(row, day)] ?? [];
  return codes.map((code) => register.words[code]);
}

/** What is said of a subject, with its `notices`; null where nothing was on record. */
function describe(subject, day, known) {
  const row = rowAt(subject, day, known);
  return row && partOf(subject).said(subject)[row.number][phaseAt(row, day)];
}

/** The rows of a subject that are believed at a position, each with the day on which it ends. */
function stretches(subject, known) {
  const believed = [];
  scan(subject, (...row) => {
    if (isKnown(row[2], row[3], known)) believed.push(rowOf(...row));
  });
  return believed
    .map((row, at) => ({ row, from: row.day, to: believed[at + 1]?.day ?? null }))
    .filter(({ from, to }) => from !== to);
}

// --- the register ---------------------------------------------------------------------------

/** The subjects of a kind that are on record, in the order of the log. */
function standing(kind, day, known) {
  return ofKind.get(kind).filter((subject) => isOnRecord(subject, day, known));
}

/** The breaches that were known, by time, then what a reader must know of each state. */
function findings(day, known) {
  const asked = `${day} ${known}`;
  if (last.asked !== asked) last = { asked, found: foundOn(day, known) };
  return last.found;
}

let last = {}; // one view asks several times

function foundOn(day, known) {
  const found = [];
  for (const [subject, code, message, position, since, from, until, breach] of register.judged) {
    if (since > day || !isKnown(from, until, known)) continue;
    const [name, told] = [code, message].map((number) => register.words[number]);
    found.push({
      subject: subjects[subject],
      code: name,
      message: told,
      position,
      breach: breach === 1,
    });
  }
  for (const subject of noticed) {
    const row = rowAt(subject, day, known);
    for (const code of row?.phases.length ? codesAt(row, day) : [])
      found.push({ subject, code, position: null, breach: false });
  }
  return found;
}

/** The message of a finding; that of a notice stands in the part of its subject. */
function messageOf({ subject, code, message }, day, known) {
  return message ?? describe(subject, day, known).notices.find(([each]) => each === code)[1];
}

/** The subjects of which something else may be said on two days. */
function touched(before, after, known) {
  const codes = [before, after].map((day) => codesOf(findings(day, known)));
  const same = (subject) => {
    const [old, now] = [before, after].map((day) => rowAt(subject, day, known));
    return (
      old?.number === now?.number &&
      (!old || phaseAt(old, before) === phaseAt(now, after)) &&
      codes[0].get(subject)?.join() === codes[1].get(subject)?.join()
    );
  };
  return kinds.flatMap((kind) => ofKind.get(kind.name)).filter((subject) => !same(subject));
}

function bySubject(found) {
  const grouped = new Map();
  for (const one of found) grouped.set(one.subject, [...(grouped.get(one.subject) ?? []), one]);
  return grouped;
}

/** The codes of findings, by subject. */
const codesOf = (found) =>
  new Map([...bySubject(found)].map(([subject, some]) => [subject, some.map(({ code }) => code)]));

/** What differs between two days, of subjects whose parts were read: as `Ledger.diff` tells. */
function differences(some, before, after, known) {
  const codes = [before, after].map((day) => codesOf(findings(day, known)));
  return some.flatMap((subject) => {
    const [old, now] = [before, after].map((day, at) => {
      const said = describe(subject, day, known);
      return said && { ...said, findings: codes[at].get(subject) };
    });
    if (!old && !now) return [];
    if (!old || !now) {
      const [was, is] = [old, now].map((said) => said && (said.status ?? "on-record"));
      return [{ subject, field: "", before: was, after: is }];
    }
    const fields = Object.keys({ ...now, ...old }).filter((field) => field !== "notices");
    return fields
      .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
      .map((field) => ({ subject, field, before: old[field] ?? null, after: now[field] ?? null }));
  });
}

// --- the records ----------------------------------------------------------------------------

/** The records about a subject up to a day, each with the part it plays, as `Ledger.why` tells. */
function why(subject, day, known) {
  const { records, tellings } = partOf(subject);
  const telling = tellings(subject).findLast(([from]) => from <= known);
  if (!telling) return [];
  const [, told, taken] = telling;
  const reasons = told
    .filter(([position, since]) => position <= known && since <= day)
    .map(([position, since, moves, late]) => ({
      record: records.get(position),
      moves: moves === 1,
      late: late !== undefined && late <= day,
    }));
  const deciding = reasons.findLast((reason) => reason.moves);
  if (deciding) deciding.decides = true;
  const gone = taken
    .filter(([, since]) => since <= day)
    .map(([position, since, by, corrects]) => ({
      record: records.get(position),
      by,
      corrected: corrects === 1,
      reason: corrects === 1 ? null : records.get(by).said.reason,
    }));
  return [...reasons, ...gone];
}

/** The position of the last record that was made by the end of a day. */
function knownOn(day) {
  return register.learned.findLast(([since]) => since <= day)?.[1] ?? 0;
}

/** The day on which a record was made; null where it is none. */
function learnedOn(position) {
  return position ? (register.learned.find(([, last]) => last >= position)?.[0] ?? null) : null;
}

// --- days -----------------------------------------------------------------------------------

const DAY = 86_400_000;
const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);

/** The number of a day in ISO 8601; null for what is none. */
function dayOf(text) {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) || iso(time / DAY) !== text ? null : time / DAY;
}

/** The last day of a time in ISO 8601: a day, a month or a year, or an instant. */
function lastDay(text) {
  const [, year, month, day] = /(\d{4})(?:-(\d\d))?(?:-(\d\d))?/.exec(text);
  return day
    ? dayOf(`${year}-${month}-${day}`)
    : Date.UTC(Number(year), Number(month ?? 12), 0) / DAY;
}
