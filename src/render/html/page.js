"use strict";
(() => {
  const make = (name, attributes, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };

  const copied = async (pre) => {
    try {
      await navigator.clipboard.writeText(pre.textContent + "\n");
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(pre);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return document.execCommand("copy");
    }
  };

  for (const box of document.querySelectorAll(".script")) {
    const pre = box.querySelector("pre");
    const button = make("button", { type: "button", class: "copy", "aria-live": "polite" }, "copy");
    button.addEventListener("click", async () => {
      button.textContent = (await copied(pre)) ? "copied" : "selected: press Ctrl-C";
      setTimeout(() => { button.textContent = "copy"; }, 2000);
    });
    box.classList.add("with-copy");
    box.append(button);
  }

  const main = document.querySelector("main");
  const lines = [...main.querySelectorAll(".seen li, .items li, .moments li, tbody tr, .tree li")];
  const parts = [...main.querySelectorAll(".part")];
  if (lines.length + parts.length > 8) {
    const form = make("form", { class: "filter", role: "search" });
    const label = make("label", { for: "filter" }, "show only what has");
    const input = make("input", { type: "search", id: "filter", autocomplete: "off" });
    const shown = make("output", { for: "filter" });
    form.append(label, input, shown);
    main.prepend(form);
    form.addEventListener("submit", (event) => event.preventDefault());
    const texts = new Map();
    const has = (node, words) => {
      if (!texts.has(node)) texts.set(node, node.textContent.toLowerCase());
      const text = texts.get(node);
      return words.every((word) => text.includes(word));
    };
    const opened = new Set();
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const part of parts) {
        part.hidden = words.length > 0 && !has(part, words);
        if (!part.hidden) count += 1;
      }
      for (const line of lines) {
        const part = line.closest(".part");
        const heading = part && part.querySelector("h2, h3, h4");
        const all = heading && has(heading, words);
        line.hidden = words.length > 0 && !all && !has(line, words);
      }
      for (const part of parts) {
        const details = part.querySelector(":scope > details");
        if (!details) continue;
        if (words.length > 0 && !part.hidden && !details.open) { details.open = true; opened.add(details); }
        if (words.length === 0 && opened.has(details)) { details.open = false; opened.delete(details); }
      }
      shown.textContent = words.length === 0 ? "" : count === 0 ? "nothing has them" : "";
    };
    let waiting = 0;
    input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  }

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });
})();
