"use strict";
// Draws the plots of a page from the JSON beside each. Without scripts the table below has it all.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const COLOURS = ["--accent", "--second", "--third"];
const DASHES = [[], [6, 4], [2, 3]];
const HEIGHT = 260;

function axis(more) {
  return { stroke: () => css("--quiet"), grid: { stroke: () => css("--line") }, ticks: { stroke: () => css("--line") }, ...more };
}

function draw(holder) {
  const told = JSON.parse(holder.querySelector("script").textContent);
  const days = told.days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  const written = (_, value) => (value == null ? "–" : number.format(value));
  const options = {
    width: holder.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    series: [{ label: "Day", value: "{YYYY}-{MM}-{DD}" }, ...told.lines.map((line, place) => ({
      label: line.name,
      stroke: () => css(COLOURS[place % COLOURS.length]),
      dash: DASHES[place % DASHES.length],
      width: 2,
      value: written,
      points: { show: days.length < 40 },
    }))],
    bands: told.band ? [{ series: told.band, fill: () => css("--band") }] : [],
    axes: [axis({ incrs: [1, 2, 7, 14, 28].map((count) => count * 86400), values: (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(5, 10)), space: 60 }), axis({ size: 56 })],
    scales: { y: { range: (_, low, high) => [Math.min(0, low), Math.max(1, high * 1.05)] } },
  };
  const plot = new uPlot(options, [days, ...told.lines.map((line) => line.values)], holder);
  new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height: HEIGHT })).observe(holder);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot.redraw());
}

for (const holder of document.querySelectorAll(".plot")) draw(holder);
