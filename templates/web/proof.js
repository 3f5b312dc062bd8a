"use strict";
// Finds the number behind a challenge (ALTCHA): in the page it shows the progress, in a worker it counts.
(function () {
  const K = [];
  const H = [];

  // The constants of SHA-256 (FIPS 180-4): fractional parts of the roots of the first primes.
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (H.length < 8) H.push((Math.sqrt(n) * 4294967296) | 0);
    K.push((Math.cbrt(n) * 4294967296) | 0);
  }
  const w = new Int32Array(64);

  // The hash of ASCII text, as eight whole numbers.
  function sha256(text) {
    const length = text.length;
    const blocks = ((length + 8) >> 6) + 1;
    const h = H.slice();
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < 16; i++) {
        let word = 0;
        for (let j = 0; j < 4; j++) {
          const at = block * 64 + i * 4 + j;
          word = (word << 8) | (at < length ? text.charCodeAt(at) : at === length ? 128 : 0);
        }
        w[i] = word;
      }
      if (block === blocks - 1) w[15] = length * 8;
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15];
        const y = w[i - 2];
        const s = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const t = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = w[i - 16] + s + w[i - 7] + t;
      }
      let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
      for (let i = 0; i < 64; i++) {
        const s = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (k + s + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const r = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (r + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        k = g; g = f; f = e; e = (d + t1) | 0;
        d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      h[0] = (h[0] + a) | 0; h[1] = (h[1] + b) | 0; h[2] = (h[2] + c) | 0; h[3] = (h[3] + d) | 0;
      h[4] = (h[4] + e) | 0; h[5] = (h[5] + f) | 0; h[6] = (h[6] + g) | 0; h[7] = (h[7] + k) | 0;
    }
    return h;
  }

  function hex(words) {
    return words
      .map(function (word) {
        return (word >>> 0).toString(16).padStart(8, "0");
      })
      .join("");
  }

  // Tries the numbers from `start` to before `end`; returns the right one, or -1.
  function search(challenge, start, end) {
    const first = parseInt(challenge.challenge.slice(0, 8), 16) | 0;
    for (let number = start; number < end; number++) {
      const words = sha256(challenge.salt + number);
      if (words[0] === first && hex(words) === challenge.challenge) return number;
    }
    return -1;
  }

  if (typeof document === "undefined") {
    self.onmessage = function (event) {
      self.postMessage(search(event.data, 0, event.data.maxnumber + 1));
    };
    return;
  }

  const box = document.querySelector("[data-challenge]");
  if (!box) return;
  const challenge = JSON.parse(box.dataset.challenge);
  const form = box.closest("form");
  const status = box.querySelector("[role=status]");
  const field = box.querySelector("input");
  let done = false;
  let pressed = null;
  status.focus();

  function finish(number) {
    if (done) return;
    done = true;
    field.value = btoa(
      JSON.stringify({
        algorithm: challenge.algorithm,
        challenge: challenge.challenge,
        number: number,
        salt: challenge.salt,
        signature: challenge.signature,
      }),
    );
    status.textContent = box.dataset.done;
    if (pressed) form.requestSubmit(pressed.button);
  }

  // Without a worker: in small steps, so that the page can still be used.
  function count(start) {
    const number = search(challenge, start, start + 2000);
    if (number >= 0) finish(number);
    else if (start <= challenge.maxnumber) setTimeout(count, 0, start + 2000);
  }

  form.addEventListener("submit", function (event) {
    if (done || (event.submitter && event.submitter.value === "preview")) return;
    event.preventDefault();
    pressed = { button: event.submitter };
    status.textContent = box.dataset.working;
  });

  try {
    const worker = new Worker(document.currentScript.src);
    worker.onmessage = function (event) {
      finish(event.data);
    };
    worker.onerror = function () {
      count(0);
    };
    worker.postMessage(challenge);
  } catch (error) {
    count(0);
  }
})();
