// The post on screen: its tokens, the gaps between them, its words, its text. All positions are indices of tokens,
// all ranges half-open; nothing here changes the page.

const isToken = (element) => element?.classList.contains("t");

export class Post {
  constructor(article) {
    this.article = article;
    this.grid = article.querySelector("[role=grid]");
    this.tokens = [...this.grid.querySelectorAll(".t")];
    // What stands between a token and the next in its line; null where they touch or the line ends.
    this.gaps = this.tokens.map(({ nextElementSibling: gap }) => (gap && !isToken(gap) && isToken(gap.nextElementSibling) ? gap : null));
    this.touches = this.tokens.map((token) => isToken(token.nextElementSibling));
    this.indices = new Map(this.tokens.map((token, index) => [token, index]));
    const { task, lease, starts, draft, suggestions, title } = article.dataset;
    Object.assign(this, { task, lease, title, starts });
    this.draft = JSON.parse(draft || "{}");
    this.suggestions = JSON.parse(suggestions || "[]");
  }

  get length() {
    return this.tokens.length;
  }

  /** The token an element is or lies in; -1 when it is none. */
  index(element) {
    return this.indices.get(element?.closest?.(".t")) ?? -1;
  }

  /** The range of the word that holds a token. */
  word(token) {
    let first = token;
    let last = token + 1;
    while (first > 0 && this.starts[first] === "0") first -= 1;
    while (last < this.length && this.starts[last] === "0") last += 1;
    return [first, last];
  }

  words(first, last) {
    return [this.word(first)[0], this.word(last - 1)[1]];
  }

  /** Start of the next word, or of this or the one before it. */
  nextWord(token, by) {
    const [first, last] = this.word(token);
    if (by > 0) return Math.min(last, this.length - 1);
    return first < token ? first : this.word(Math.max(first - 1, 0))[0];
  }

  isRightToLeft(token) {
    return getComputedStyle(this.tokens[token].parentElement).direction === "rtl";
  }

  /** The token nearest to this one in the line above (by = -1) or below, as the lines are broken on this screen. */
  nextLine(token, by, x) {
    const box = (index) => this.tokens[index].getClientRects()[by > 0 ? 0 : this.tokens[index].getClientRects().length - 1];
    const here = box(token);
    if (!here) return token;
    let top = null;
    let best = token;
    let distance = Infinity;
    for (let index = token + by; index >= 0 && index < this.length; index += by) {
      const there = box(index);
      if (!there || Math.abs(there.top - here.top) < 8) continue;
      top ??= there.top;
      if (Math.abs(there.top - top) >= 8) break;
      const away = Math.max(there.left - x, x - there.right, 0);
      if (away < distance) [best, distance] = [index, away];
    }
    return best;
  }

  middle(token) {
    const { left, right } = this.tokens[token].getClientRects()[0] ?? { left: 0, right: 0 };
    return (left + right) / 2;
  }

  /** The token nearest to a point of the screen, for a handle dragged between lines. */
  at(x, y) {
    const direct = this.index(document.elementFromPoint(x, y));
    if (direct >= 0) return direct;
    let best = -1;
    let distance = Infinity;
    this.tokens.forEach((token, index) => {
      for (const box of token.getClientRects()) {
        const away = Math.max(box.left - x, x - box.right, 0) + 4 * Math.max(box.top - y, y - box.bottom, 0);
        if (away < distance) [best, distance] = [index, away];
      }
    });
    return best;
  }

  /** The text, and where each token lies in it in UTF-16 units: for looking up phrases, never sent anywhere. */
  get map() {
    if (!this.mapped) {
      const walker = document.createTreeWalker(this.grid, NodeFilter.SHOW_TEXT);
      const from = new Map();
      let at = 0;
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        from.set(node, at);
        at += node.data.length;
      }
      const text = this.grid.textContent;
      const ranges = this.tokens.map((token) => [from.get(token.firstChild), from.get(token.firstChild) + token.firstChild.data.length]);
      this.mapped = {
        text,
        ranges,
        lower: text.toLowerCase(),
        starts: new Map(ranges.map(([start], index) => [start, index])),
        ends: new Map(ranges.map(([, end], index) => [end, index + 1])),
      };
    }
    return this.mapped;
  }

  phrase(first, last) {
    const { text, ranges } = this.map;
    return text.slice(ranges[first][0], ranges[last - 1][1]);
  }

  /** Every range with the same text, whatever its case: whole words when the given range is whole words. */
  same(first, last) {
    const { text, lower, starts, ends } = this.map;
    const wanted = this.phrase(first, last);
    const phrase = wanted.toLowerCase();
    // Lower case of another length would shift what is found.
    if (lower.length !== text.length || phrase.length !== wanted.length) return [[first, last]];
    const [wordFirst, wordLast] = this.words(first, last);
    const whole = wordFirst === first && wordLast === last;
    const found = [];
    for (let at = lower.indexOf(phrase); at >= 0; at = lower.indexOf(phrase, at + phrase.length)) {
      const from = starts.get(at);
      const to = ends.get(at + phrase.length);
      if (from === undefined || to === undefined || to <= from) continue;
      const [a, b] = this.words(from, to);
      if (!whole || (a === from && b === to)) found.push([from, to]);
    }
    return found;
  }
}
