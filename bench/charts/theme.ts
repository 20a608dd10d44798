/** What the charts share: colours for light and dark pages, kinds of contestants, type. */

import type { Figure } from "../results.ts";

export type Spec = Record<string, unknown>;

/** In the order of the legend. */
export const KINDS = ["this library, threads", "this library, processes", "Node pools", "CPython"];

/** Pixels between two panels. */
export const GAP = 56;

export interface Theme {
  name: "light" | "dark";
  text: string;
  faint: string;
  /** Of the kinds, in their order. */
  colours: string[];
}

export const THEMES: Theme[] = [
  {
    name: "light",
    text: "#1f2328",
    faint: "#d1d9e0",
    colours: ["#0969da", "#54aeff", "#afb8c1", "#d4a72c"],
  },
  {
    name: "dark",
    text: "#e6edf3",
    faint: "#3d444d",
    colours: ["#388bfd", "#a5d6ff", "#6e7681", "#d29922"],
  },
];

export function kindOf({ kind, method }: Figure): string {
  if (kind === "ours") return KINDS[method === "thread" ? 0 : 1];
  return KINDS[kind === "peer" ? 2 : 3];
}

export function colour({ colours }: Theme): Spec {
  return {
    field: "kind",
    type: "nominal",
    scale: { domain: KINDS, range: colours },
    legend: {
      orient: "bottom",
      title: null,
      direction: "horizontal",
      symbolType: "square",
      symbolOpacity: 1,
      labelLimit: 0,
    },
  };
}

/** What both charts share: no background, since the page has one. */
export function frame({ text }: Theme): Spec {
  const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "transparent",
    padding: 8,
    config: {
      font,
      aria: false, // the page has a text for the whole picture
      view: { stroke: null },
      title: { color: text },
      axis: {
        labelColor: text,
        titleColor: text,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
        labelPadding: 6,
      },
      legend: { labelColor: text, labelFontSize: 12, symbolStrokeWidth: 0, offset: 14 },
    },
  };
}

/** The head of a panel, above its left edge. */
export function title(text: string): Spec {
  return { text, anchor: "start", frame: "group", fontSize: 13, fontWeight: 600, offset: 10 };
}
