/** Draws Vega-Lite charts as SVG: reads `{ file, spec }[]` from stdin, writes the files beside it. */

import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import process from "node:process";
import { parse, textMetrics, View } from "vega";
import { compile } from "vega-lite";

// There are no fonts here to measure with: this is about the width of a usual letter.
textMetrics.width = ({ fontSize = 11 }, words) => 0.56 * fontSize * String(words ?? "").length;

for (const { file, spec } of JSON.parse(await text(process.stdin))) {
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  // Coordinates to a hundredth of a pixel are enough; nobody points at or reads out a picture.
  const svg = (await view.toSVG())
    .replace(/\d+\.\d{3,}/g, (value) => String(+(+value).toFixed(2)))
    .replace(/ (?:role|pointer-events|aria-[a-z]+)="[^"]*"/g, "");
  writeFileSync(new URL(file, import.meta.url), `${svg}\n`);
  view.finalize();
}
