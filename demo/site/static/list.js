// Fills a list of openings from the data in the page.
const rows = JSON.parse(document.getElementById("openings").textContent).map(({ href, title, meta }) => {
  const row = document.createElement("li");
  const link = row.appendChild(document.createElement("a"));
  link.href = href;
  link.appendChild(document.createElement("strong")).textContent = title;
  link.appendChild(document.createElement("span")).textContent = meta;
  return row;
});
const list = document.createElement("ul");
list.className = "rows";
list.append(...rows);
document.getElementById("app").replaceWith(list);
