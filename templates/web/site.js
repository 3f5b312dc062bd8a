"use strict";
// Everything here is a convenience: without it, the buttons of the forms do the same.
(function () {
  const zone = document.querySelector("[data-zone]");
  if (zone && !zone.value) {
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  }
  const problem = document.getElementById("problem");
  if (problem) problem.focus();

  const form = document.querySelector("form[data-preview]");
  const place = document.getElementById("examples");
  if (!form || !place || !window.fetch) return;
  let timer = 0;
  let last = "";
  let running = null;

  function written() {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && name !== "email") data.append(name, value);
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
      if (answer.ok) place.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") last = "";
    }
    place.removeAttribute("aria-busy");
  }

  form.addEventListener("input", function (event) {
    if (!/^(keywords|exclude|weight|name)/.test(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(show, 700);
  });
  form.addEventListener("submit", function (event) {
    if (event.submitter && event.submitter.value === "preview") {
      event.preventDefault();
      last = "";
      show().then(function () {
        place.focus();
      });
    }
  });
})();
