// Sends files straight to the bucket, several at once, each with its progress. Without this the form works plainly.
import { refresh } from "./live.js";

const form = document.querySelector("[data-upload]");
const input = form.elements.file;
const list = document.querySelector("[data-uploads]");
const row = document.querySelector("template[data-row]");
const most = Number(form.dataset.most);

const own = form.querySelector("[data-own]");
const rules = form.elements.rules;

form.hidden = false;
offerRules();
nameRules();
form.elements.annotator.addEventListener("change", offerRules);
rules.addEventListener("change", nameRules);
own.querySelector("button").addEventListener("click", () => {
  rules.value = "";
  nameRules();
  rules.focus();
});

input.addEventListener("change", () => {
  take(input.files);
  input.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());
for (const name of ["dragenter", "dragover"]) form.addEventListener(name, () => form.classList.add("over"));
for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));

function offerRules() {
  own.hidden = !("rules" in form.elements.annotator.selectedOptions[0].dataset);
}

function nameRules() {
  const [file] = rules.files;
  own.querySelector("[data-own-name]").textContent = file ? `Rules: ${file.name}` : "Rules of your own";
  own.querySelector("button").hidden = !file;
}

function take(files) {
  for (const file of files) upload(file, show(file));
}

function show(file) {
  const item = row.content.cloneNode(true).firstElementChild;
  item.querySelector("h3").textContent = file.name;
  item.querySelector("progress").setAttribute("aria-label", `${file.name}, uploaded`);
  item.querySelector("button").setAttribute("aria-label", `Stop uploading ${file.name}`);
  list.hidden = false;
  list.append(item);
  return item;
}

async function upload(file, item) {
  if (file.size > most) return tooLarge(file, item);
  if (!file.size) return fail(item, "Refused", "The file is empty. Nothing was sent.");
  try {
    const made = await post(form.dataset.upload, asked(file));
    await send(file, made, item);
    await post(`${form.dataset.jobs}${made.job}/confirm`, new FormData());
    done(item);
    await refresh();
  } catch (error) {
    if (error.name === "AbortError") done(item);
    else fail(item, "Refused", error.message);
  }
}

function send(file, made, item) {
  const data = new FormData();
  for (const [name, value] of Object.entries(made.fields)) data.append(name, value);
  data.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded }) => {
      const share = Math.min(100, Math.floor((100 * loaded) / Math.max(file.size, 1)));
      item.querySelector("progress").value = share;
      item.querySelector("p").textContent = `${share} %, ${size(Math.min(loaded, file.size))} of ${size(file.size)}`;
    };
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(`The storage refused it (${request.status}): the form is over, or not for this file. Load the page again.`));
    request.onerror = () => reject(new Error("The connection broke. Nothing was submitted; choose the file again."));
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    item.querySelector("button").onclick = () => request.abort();
    request.open("POST", made.url);
    request.send(data);
  });
}

function asked(file) {
  const body = new FormData();
  const given = { page: form.elements.page.value, key: crypto.randomUUID?.() ?? String(Math.random()), annotator: form.elements.annotator.value, name: file.name, size: file.size };
  for (const [name, value] of Object.entries(given)) body.append(name, value);
  const [mine] = own.hidden ? [] : rules.files;
  if (mine && mine.size > Number(form.dataset.mostRules)) throw new Error(`Rules of your own: ${size(mine.size)}, allowed ${size(Number(form.dataset.mostRules))}.`);
  if (mine) body.append("rules", mine);
  return body;
}

async function post(url, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const response = await fetch(url, { method: "POST", headers, body });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}.`);
  return answer;
}

function tooLarge(file, item) {
  fail(item, "Too large", `${size(file.size)}, and the ${form.dataset.plan} plan takes ${size(most)}. Nothing was sent.`);
  if (form.dataset.plan === "free") {
    const link = document.createElement("a");
    Object.assign(link, { className: "btn", href: form.dataset.profile, textContent: "See Premium" });
    item.querySelector("button").before(link);
  }
}

function fail(item, pill, words) {
  const label = item.querySelector(".pill");
  label.textContent = pill;
  label.className = "pill bad";
  item.querySelector("progress").remove();
  item.querySelector("p").textContent = words;
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Put away ${item.querySelector("h3").textContent}`);
  button.onclick = () => done(item);
}

function done(item) {
  item.remove();
  list.hidden = !list.children.length;
}

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let at = 0;
  while (bytes >= 1000 && at < 3) (bytes /= 1000), (at += 1);
  return `${bytes.toLocaleString("en", { maximumFractionDigits: at ? 1 : 0 })} ${units[at]}`;
}
