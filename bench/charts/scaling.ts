/** The scaling: two panels of lines, speed-up with 1 worker and more. */

import type { Figure, Results } from "../results.ts";
import { colour, frame, GAP, kindOf, KINDS, type Spec, type Theme, title } from "./theme.ts";

/** Null without figures. */
export function scaling({ rows }: Results): ((theme: Theme) => Spec) | null {
  const [short, long] = [rows["scaling-50us"], rows["scaling-1ms"]];
  if (short === undefined || long === undefined) return null;
  return (theme) => ({
    ...frame(theme),
    hconcat: [
      lines(theme, "Speed-up against serial: tasks of 50 µs", short.figures),
      lines(theme, "Tasks of 1 ms", long.figures),
    ],
    bounds: "flush",
    spacing: GAP,
  });
}

function lines(theme: Theme, head: string, figures: Figure[]): Spec {
  const drawn = figures.filter(({ points }) => points !== undefined);
  const best = KINDS.map((kind) =>
    drawn.filter((figure) => kindOf(figure) === kind)
      .reduce<Figure | null>(
        (one, other) => one === null || other.value! > one.value! ? other : one,
        null,
      )
  );
  const values = drawn.flatMap((figure) =>
    figure.points!.map(({ workers, speedUp }) => ({
      label: figure.label,
      kind: kindOf(figure),
      best: best.includes(figure),
      workers,
      speedUp,
    }))
  );
  const counts = [...new Set(values.map(({ workers }) => workers))].sort((a, b) => a - b);
  const most = counts.at(-1) ?? 1;
  const x = {
    field: "workers",
    type: "quantitative",
    title: "workers",
    scale: { domain: [1, most], nice: false },
    axis: { values: counts, format: "d", grid: false, tickColor: theme.faint },
  };
  const y = {
    field: "speedUp",
    type: "quantitative",
    title: null,
    scale: { domain: [0, most * 1.05], nice: false },
    axis: {
      tickCount: 5,
      gridColor: theme.faint,
      domain: false,
      ticks: false,
      labelExpr: "datum.label + '×'",
    },
  };
  const line = (isBest: boolean): Spec => ({
    transform: [{ filter: `datum.best === ${isBest}` }],
    mark: isBest
      ? { type: "line", strokeWidth: 2.5, point: { size: 45, filled: true } }
      : { type: "line", strokeWidth: 1, opacity: 0.55 },
    encoding: { x, y, detail: { field: "label" }, color: colour(theme) },
  });
  return {
    title: title(head),
    width: 340,
    height: 240,
    data: { values },
    layer: [
      {
        data: { values: [{ workers: 1, speedUp: 1 }, { workers: most, speedUp: most }] },
        mark: { type: "line", strokeDash: [4, 4], strokeWidth: 1, color: theme.text, opacity: 0.6 },
        encoding: { x, y },
      },
      line(false),
      line(true),
    ],
  };
}
