// Sends the file straight to the bucket, with progress, and then the form without it. Without this the form works plainly.

const place = JSON.parse(document.querySelector("#upload-place").textContent);
const asking = document.querySelector("[data-asking]");
const form = asking.closest("form");
const button = asking.querySelector("button");
const bar = asking.querySelector("progress");
const told = asking.querySelector("[role=status]");
const input = form.elements.file;
const most = Number(input.dataset.most);

form.addEventListener("submit", async (event) => {
  const file = input.files[0];
  if (!file || form.elements.uploaded.value) return;
  event.preventDefault();
  if (file.size > most) return tell(`The file has ${size(file.size)}; ${size(most)} is the most.`);
  button.disabled = true;
  bar.hidden = false;
  try {
    await send(file);
  } catch (error) {
    bar.hidden = true;
    button.disabled = false;
    return tell(error.message);
  }
  form.elements.uploaded.value = place.token;
  form.elements.uploaded_name.value = file.name;
  input.disabled = true;
  form.submit();
});

function send(file) {
  const data = new FormData();
  for (const [name, value] of Object.entries(place.fields)) data.append(name, value);
  data.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded }) => {
      bar.value = Math.min(100, Math.floor((100 * loaded) / Math.max(file.size, 1)));
      tell(`${size(Math.min(loaded, file.size))} of ${size(file.size)}`);
    };
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Error(`The upload was refused (${request.status}). Load this page again; empty files are not taken.`));
    request.onerror = () => reject(new Error("The connection broke. Nothing was handed in; try again."));
    request.open("POST", place.url);
    request.send(data);
  });
}

function tell(words) {
  told.textContent = words;
}

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let at = 0;
  while (bytes >= 1000 && at < 3) (bytes /= 1000), (at += 1);
  return `${bytes.toLocaleString("en", { maximumFractionDigits: at ? 1 : 0 })} ${units[at]}`;
}
