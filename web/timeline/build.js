// Bundles the scripts of the pages, with the licences of what is in the bundles: the same bytes on any machine.

import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const here = import.meta.dirname;
const harness = join(here, "../../harness/faultzone");
const target = process.argv[2];

const bundle = (entry, outfile) => build({
  absWorkingDir: here,
  entryPoints: [entry],
  outfile,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
});
const pages = target ?? join(harness, "pages");
const { metafile } = await bundle("source/main.js", join(pages, "timeline.js"));
const console_ = await bundle("../console/main.js", join(target ?? join(harness, "serve"), "console.js"));
if (Object.keys(console_.metafile.inputs).some((file) => file.includes("node_modules/"))) {
  throw new Error("the console has nothing of others, whose licences would have to be kept");
}
const packages = new Set();
for (const file of Object.keys(metafile.inputs)) {
  const name = /node_modules\/(?!.*node_modules\/)((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
  if (name) packages.add(name);
}
const licences = [];
for (const name of [...packages].sort()) {
  const { version } = JSON.parse(await readFile(join(here, "node_modules", name, "package.json"), "utf8"));
  const text = await readFile(join(here, "node_modules", name, "LICENSE"), "utf8");
  licences.push(`${name} ${version}\n\n${text.trim().replaceAll("\r\n", "\n")}\n`);
}
await writeFile(join(pages, "timeline.licenses.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
