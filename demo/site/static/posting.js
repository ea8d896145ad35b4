// Fetches one posting and makes its page, JSON-LD included.
const app = document.getElementById("app");
const posting = await (await fetch(app.dataset.posting)).json();

const element = (name, text = "", kind = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

const facts = element("dl", "", "facts");
for (const [name, text] of posting.facts) {
  const pair = element("div");
  pair.append(element("dt", name), element("dd", text));
  facts.append(pair);
}
const text = element("div", "", "text");
text.innerHTML = posting.html; // this site's own HTML
const apply = element("a", posting.apply[1], "apply");
apply.href = posting.apply[0];
const last = element("p");
last.append(apply);

const article = element("article");
article.append(element("h1", posting.title), facts, text, last);
app.replaceWith(article);
document.title = posting.title;

const data = element("script", JSON.stringify(posting.jsonld));
data.type = "application/ld+json";
document.head.append(data);
