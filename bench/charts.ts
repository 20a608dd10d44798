/**
 * Draws the charts: Vega-Lite specifications of what `results.json` has, of which the program
 * `charts/draw.mjs` makes SVG files, one for light pages and one for dark ones.
 */

import { comparison } from "./charts/comparison.ts";
import { scaling } from "./charts/scaling.ts";
import { THEMES } from "./charts/theme.ts";
import { runTool } from "./contestants.ts";
import type { Results } from "./results.ts";

/** Draws what there are figures for. */
export async function drawCharts(results: Results): Promise<void> {
  const charts = { comparison: comparison(results), scaling: scaling(results) };
  const files = Object.entries(charts).flatMap(([chart, draw]) =>
    draw === null
      ? []
      : THEMES.map((theme) => ({ file: `${chart}-${theme.name}.svg`, spec: draw(theme) }))
  );
  if (files.length > 0) await runTool("charts/draw.mjs", JSON.stringify(files));
}
