// What HTML files use that mail programs do not support: node check.mjs FILE... -> JSON
// {"none": {feature: [client]}, "partial": {feature: [client]}}
import { readFileSync } from "node:fs";
import { caniemail, rawData } from "caniemail";

const FAMILIES = ["gmail", "outlook", "apple-mail", "yahoo", "thunderbird"];

// A client that a feature was never tested on is unknown; the package would stop there.
const platforms = Object.fromEntries(
  FAMILIES.map((family) => [
    family,
    new Set(rawData.data.flatMap((feature) => Object.keys(feature.stats[family] ?? {}))),
  ]),
);
for (const { stats } of rawData.data) {
  for (const family of FAMILIES) {
    stats[family] ??= {};
    for (const platform of platforms[family]) {
      const known = stats[family][platform];
      if (!known || !Object.keys(known).length) stats[family][platform] = { unknown: "u" };
    }
  }
}

const found = { none: {}, partial: {} };
for (const file of process.argv.slice(2)) {
  const { issues } = caniemail({
    clients: FAMILIES.map((family) => `${family}.*`),
    html: readFileSync(file, "utf8"),
  });
  for (const [kind, list] of [["none", issues.errors], ["partial", issues.warnings]]) {
    for (const [client, items] of list) {
      for (const { title } of items) (found[kind][title] ??= new Set()).add(client);
    }
  }
}
const plain = (kind) =>
  Object.fromEntries(
    Object.keys(found[kind])
      .sort()
      .map((title) => [title, [...found[kind][title]].sort()]),
  );
console.log(JSON.stringify({ none: plain("none"), partial: plain("partial") }));
