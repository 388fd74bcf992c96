/** What a page does by itself: search, the theme, the menu of small screens, copying code. Without it every page still reads. */
import MiniSearch from "minisearch";
import { fieldBoosts, searchOptions } from "./search-options.ts";

const root = document.documentElement;
const base = root.dataset.base ?? "";
const one = (selector) => document.querySelector(selector);

one(".theme-button").addEventListener("click", () => {
  const dark = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = dark === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("keywright-theme", root.dataset.theme);
  } catch {
    // A browser that keeps nothing for pages of a folder: the choice holds for this page.
  }
});

const menuButton = one(".menu-button");
menuButton.addEventListener("click", () => {
  const open = root.classList.toggle("menu-open");
  menuButton.setAttribute("aria-expanded", String(open));
});

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button.copy") : null;
  if (button === null) return;
  const text = button.dataset.copy ?? button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
});

const dialog = one("dialog.search");
const input = dialog.querySelector("input");
const list = dialog.querySelector("ol");
const note = dialog.querySelector(".search-note");
let index;
const loadIndex = () =>
  (index ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${base}assets/search-index.js`;
    script.addEventListener("load", () => resolve(MiniSearch.loadJSON(globalThis.keywrightIndex, searchOptions)));
    script.addEventListener("error", reject);
    document.head.append(script);
  }));

const itemOf = (found) => {
  const link = document.createElement("a");
  link.href = base + found.url;
  const title = document.createElement("span");
  title.textContent = found.heading === "" ? found.title : `${found.title} › ${found.heading}`;
  const what = document.createElement("small");
  what.textContent = found.what;
  link.append(title, what);
  const item = document.createElement("li");
  item.append(link);
  return item;
};
const ask = async () => {
  const question = input.value.trim();
  const loaded = await loadIndex();
  if (question !== input.value.trim()) return;
  const found = question === "" ? [] : loaded.search(question, fieldBoosts).slice(0, 12);
  list.replaceChildren(...found.map(itemOf));
  note.textContent = question !== "" && found.length === 0 ? `Nothing found for “${question}”.` : "";
};
const openSearch = () => {
  if (dialog.open) return;
  dialog.showModal();
  input.select();
  void ask();
};
one(".search-button").addEventListener("click", openSearch);
input.addEventListener("input", () => void ask());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || (event.target instanceof Element && event.target.closest("a"))) dialog.close();
});
const typing = () => ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName ?? "");
document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if ((event.key === "/" && plain && !typing()) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    openSearch();
  }
});
dialog.addEventListener("keydown", (event) => {
  const links = [...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (at <= 0 ? input : links[at - 1]).focus();
  else if (event.key === "Enter" && document.activeElement === input) links[0]?.click();
  // A search field would first empty itself.
  else if (event.key === "Escape") dialog.close();
  else return;
  event.preventDefault();
});
