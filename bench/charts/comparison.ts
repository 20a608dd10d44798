/** The comparison: two panels of bars, tasks per second and the time of a round trip. */

import type { Figure, Results } from "../results.ts";
import { colour, frame, GAP, kindOf, type Spec, type Theme, title } from "./theme.ts";

/** Node 26 is left out: there are tables for every figure, and it is near Node 24. */
const LEFT_OUT = "node26";

/** Null without figures. */
export function comparison({ rows }: Results): ((theme: Theme) => Spec) | null {
  if (rows.tasks === undefined || rows.apply === undefined) return null;
  const shown = ({ on }: Figure) => on !== LEFT_OUT;
  const tasks = rows.tasks.figures.filter(shown);
  const apply = rows.apply.figures.filter(shown);
  const order = tasks.map(nameOf);
  return (theme) => ({
    ...frame(theme),
    hconcat: [
      bars(theme, "Trivial tasks per second: more is better", tasks, order, true),
      bars(theme, "One task and back, µs: less is better", apply, order, false),
    ],
    bounds: "flush",
    spacing: GAP,
  });
}

function bars(
  theme: Theme,
  head: string,
  figures: Figure[],
  order: string[],
  named: boolean,
): Spec {
  const values = figures.map((figure) => ({
    label: nameOf(figure),
    kind: kindOf(figure),
    value: figure.value ?? 0,
    failed: figure.value === null,
  }));
  const y = {
    field: "label",
    type: "nominal",
    sort: order,
    axis: named ? { title: null, ticks: false, domain: false, labelLimit: 0 } : null,
  };
  const most = Math.max(...values.map(({ value }) => value));
  const x = {
    field: "value",
    type: "quantitative",
    axis: null,
    // Room for the figure behind the longest bar.
    scale: { domain: [0, most * 1.25], nice: false },
  };
  return {
    title: title(head),
    width: 275,
    height: { step: 22 },
    data: { values },
    layer: [
      {
        mark: { type: "bar", cornerRadiusEnd: 2, height: { band: 0.72 } },
        encoding: { y, x, color: { ...colour(theme), legend: null } },
      },
      {
        transform: [{
          calculate: `datum.failed ? 'no figure' : format(datum.value, ',.0f')`,
          as: "written",
        }],
        mark: { type: "text", align: "left", dx: 5, fontSize: 12, color: theme.text },
        encoding: { y, x, text: { field: "written" } },
      },
    ],
  };
}

/** Its name where its kind cannot be seen: "this library, Bun, threads", "piscina". */
function nameOf({ kind, label, method, on }: Figure): string {
  if (kind !== "ours") return label.split(",")[0];
  const runtime = on!.replace(/^[a-z]/, (first) => first.toUpperCase()).replace(/\d+$/, " $&");
  return `this library, ${runtime}, ${method === "thread" ? "threads" : "processes"}`;
}
