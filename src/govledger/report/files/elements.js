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
const written = (text) => element("bdi", {}, String(text));

const badge = (status) =>
  status ? element("span", { class: `badge is-${status}` }, term(status)) : null;
