// Spans as values: {first, last, label, score}. first and last are a half-open range of tokens; score is there on a
// suggestion nobody has decided on yet. Lists are frozen and in the order of the text, the outer span before the inner.

export function order(spans) {
  return Object.freeze([...spans].sort((a, b) => a.first - b.first || b.last - a.last || a.label.localeCompare(b.label)));
}

export function span(first, last, label, score) {
  return Object.freeze(score === undefined ? { first, last, label } : { first, last, label, score });
}

export function isOpen(one) {
  return one.score !== undefined;
}

export function find(spans, { first, last, label }) {
  return spans.find((one) => one.first === first && one.last === last && one.label === label);
}

/** Those that cover a token, the innermost first. */
export function covering(spans, token) {
  return spans.filter((one) => one.first <= token && token < one.last).sort((a, b) => a.last - a.first - (b.last - b.first));
}

/** For each span of an ordered list the underline it is drawn as: 0 is nearest to the text. */
export function lanes(spans) {
  const ends = [];
  return spans.map((one) => {
    let lane = ends.findIndex((end) => end <= one.first);
    if (lane < 0) lane = ends.length;
    ends[lane] = one.last;
    return lane;
  });
}

/** For each span how many others hold it whole: how far a list indents it. */
export function depths(spans) {
  const open = [];
  return spans.map((one) => {
    while (open.length && open.at(-1).last <= one.first) open.pop();
    const depth = open.filter((outer) => outer.last >= one.last).length;
    open.push(one);
    return depth;
  });
}

/** As a draft keeps them, and back. */
export const pack = (spans) => spans.map(({ first, last, label, score }) => (score === undefined ? [first, last, label] : [first, last, label, score]));
export const unpack = (rows) => order(rows.map(([first, last, label, score]) => span(first, last, label, score)));
