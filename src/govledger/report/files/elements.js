// Elements: how pieces of the page are made. Text goes in as text and never as markup.
// Here: makers of elements. Not here: what the page shows.

const SVG = "http://www.w3.org/2000/svg";

/** An element; `said` are attributes, listeners (functions), and what must not be said (null). */
function element(name, said = {}, ...children) {
  return filled(document.createElement(name), said, children);
}

function drawn(name, said = {}, ...children) {
  return filled(document.createElementNS(SVG, name), said, children);
}

function filled(made, said, children) {
  for (const [name, value] of Object.entries(said)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(
    ...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return made;
}

/** Text that people wrote: whatever direction it has or asks for stays within it. */
const written = (text) => element("bdi", {}, dated(String(text)));

const badge = (status) =>
  status ? element("span", { class: `badge is-${status}` }, term(status)) : null;

const capital = (text) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);

/** The heading of a view, to which the focus goes when one comes to it. */
const heading = (text) => element("h2", { tabindex: -1 }, capital(text));

/** Words of the page, in which a day is not broken over lines. */
const dated = (text) =>
  text
    .split(/(\d{4}-\d\d-\d\d)/)
    .map((part, at) => (at % 2 ? element("span", { class: "whole" }, part) : part));
