"use strict";
// Everything here is a convenience: without it, the buttons of the forms do the same.
(function () {
  const zone = document.querySelector("[data-zone]");
  if (zone && !zone.value) {
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  }
  const problem = document.getElementById("problem");
  if (problem) problem.focus();

  // A text box with one keyword on each line is shown as chips. The box keeps the lines, and is sent.
  const weights = ["", "^2", "^0.5"];
  const said = (document.querySelector("form[data-preview]") || {}).dataset || {};
  const meaning = { "": said.usual, "^2": said.twice, "^0.5": said.half };
  const boxes = [];

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    if (text) made.textContent = text;
    if (name === "button") made.type = "button";
    return made;
  }

  function chipsOf(box) {
    const words = box.dataset.chips === "words";
    // A comma separates keywords, unless it stands in quotes; it belongs to the name of a person.
    const split = words ? /(?:"[^"\n]*"|[^,;\n"]|")+/g : /[^\n]+/g;
    const label = document.querySelector('label[for="' + box.id + '"]');
    const place = element("div", "editor");
    const list = element("ul", "chips");
    const field = element("input", "");
    const name = box.dataset.name || label.textContent;
    field.id = box.id + "-new";
    field.placeholder = said.add;
    field.spellcheck = false;
    field.autocomplete = "off";
    label.htmlFor = field.id;
    label.textContent = name;
    list.setAttribute("aria-label", name);
    place.append(list, field);
    box.after(place);
    box.hidden = true;

    function entries(text) {
      return (text.match(split) || [])
        .map(function (part) {
          return part.trim();
        })
        .filter(Boolean);
    }
    function write(found) {
      box.value = found.join("\n");
      draw();
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    function parts(entry) {
      const found = /^(.*?)(\^[0-9.]+)?$/.exec(entry);
      return { text: found[1], weight: found[2] || "" };
    }
    function draw() {
      list.replaceChildren();
      entries(box.value).forEach(function (entry, number, all) {
        const item = element("li", "chip");
        const part = parts(entry);
        if (words) {
          const weight = element("button", "weight", part.text);
          const says = meaning[part.weight] || "×" + part.weight.slice(1);
          if (part.weight) weight.append(element("b", "", "×" + part.weight.slice(1)));
          weight.setAttribute("aria-label", part.text + ", " + says + ". " + said.change);
          weight.title = says;
          weight.addEventListener("click", function () {
            const next = weights[(weights.indexOf(part.weight) + 1) % weights.length];
            all[number] = part.text + next;
            write(all);
            list.children[number].firstChild.focus();
          });
          item.append(weight);
        } else {
          item.append(element("span", "word", entry));
        }
        const remove = element("button", "remove", "×");
        remove.setAttribute("aria-label", said.remove + " " + part.text);
        remove.addEventListener("click", function () {
          all.splice(number, 1);
          write(all);
          field.focus();
        });
        item.dataset.word = entry;
        item.append(remove);
        list.append(item);
      });
    }
    function add() {
      const more = entries(field.value);
      field.value = "";
      if (more.length) write(entries(box.value).concat(more));
    }
    field.addEventListener("keydown", function (event) {
      if (event.key.toLowerCase() === "enter" || (event.key === "," && words && !/"[^"]*$/.test(field.value))) {
        event.preventDefault();
        add();
      } else if (event.key.toLowerCase() === "backspace" && !field.value) {
        const rest = entries(box.value);
        if (rest.length) write(rest.slice(0, -1));
      }
    });
    field.addEventListener("paste", function () {
      setTimeout(function () {
        if (/[\n,;]/.test(field.value)) add();
      });
    });
    field.addEventListener("blur", add);
    field.addEventListener("input", function () {
      box.dispatchEvent(new Event("input", { bubbles: true }));
    });
    draw();
    boxes.push({ name: box.name, field: field, list: list, add: add });
  }
  document.querySelectorAll("textarea[data-chips]").forEach(chipsOf);

  // The numbers of papers of the examples stand in the chips, too.
  function count(place) {
    const numbers = {};
    place.querySelectorAll("[data-word]").forEach(function (item) {
      numbers[item.dataset.word] = item.dataset.number;
    });
    boxes.forEach(function (box) {
      box.list.querySelectorAll(".chip").forEach(function (item) {
        const old = item.querySelector(".number");
        if (old) old.remove();
        const number = numbers[item.dataset.word];
        if (number !== undefined) item.firstChild.after(element("span", "number", number));
      });
    });
  }

  const form = document.querySelector("form[data-preview]");
  const place = document.getElementById("examples");
  if (!form || !place || !window.fetch) return;
  let timer = 0;
  let last = "";
  let running = null;

  function written() {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || name === "email") continue;
      const box = boxes.find(function (one) {
        return one.name === name;
      });
      // What is being typed counts before it becomes a chip.
      data.append(name, box && box.field.value ? value + "\n" + box.field.value : value);
    }
    data.set("wish", "preview");
    data.set("fragment", "1");
    return data.toString();
  }

  async function show() {
    const body = written();
    if (body === last) return;
    last = body;
    if (running) running.abort();
    running = new AbortController();
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(location.pathname, {
        method: "POST",
        body: body,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        signal: running.signal,
        redirect: "error",
      });
      if (answer.ok) {
        place.innerHTML = await answer.text();
        count(place);
      }
    } catch (error) {
      if (error.name !== "AbortError") last = "";
    }
    place.removeAttribute("aria-busy");
  }

  form.addEventListener("input", function (event) {
    if (!/^(keywords|exclude|avoid|likes|weight|name|follow|mute)/.test(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(show, 700);
  });
  form.addEventListener("submit", function (event) {
    boxes.forEach(function (box) {
      box.add();
    });
    if (event.submitter && event.submitter.value === "preview") {
      event.preventDefault();
      last = "";
      show().then(function () {
        place.focus();
      });
    }
  });
  // The reader sees at once what the topics bring.
  if (boxes.length) show();
})();
