// Small plots as SVG, readable on a light and on a dark page.

const WIDTH = 760;
const LABEL = 250;
const ROW = 30;
const TOP = 34;
const AXIS = 26;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .faint { fill: #57606a } .grid { stroke: #d0d7de } .goal { stroke: #1a7f37; stroke-width: 2; stroke-dasharray: 4 3 }
    .bar { stroke: #0969da; stroke-width: 3 } .dot { fill: #0969da }
    .missed .bar { stroke: #bc4c00 } .missed .dot { fill: #bc4c00 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #3d444d } .goal { stroke: #3fb950 }
      .bar { stroke: #4493f8 } .dot { fill: #4493f8 } .missed .bar { stroke: #f0883e } .missed .dot { fill: #f0883e }
    }`;

/** @typedef {import('./harness.mjs').Spread & { label: string, goal: number, isReached: boolean }} Row */

/**
 * One line for each row: its spread as a bar, its median as a dot, its goal as a dashed line.
 * @param {string} title
 * @param {readonly Row[]} rows
 */
export function spreads(title, rows) {
  const most = niceAbove(Math.max(...rows.flatMap((row) => [row.most, row.goal])));
  const height = TOP + rows.length * ROW + AXIS;
  /** @param {number} value */
  const x = (value) => (LABEL + (value / most) * (WIDTH - LABEL - 60)).toFixed(1);
  const ticks = [0, 1, 2, 3, 4].map((at) => (most * at) / 4);
  const bottom = TOP + rows.length * ROW;
  const lines = rows.map((row, at) => {
    const y = TOP + at * ROW + ROW / 2;
    return (
      `  <g${row.isReached ? '' : ' class="missed"'}>` +
      `<text x="${LABEL - 12}" y="${y + 4}" text-anchor="end">${escaped(row.label)}</text>` +
      `<line class="bar" x1="${x(row.least)}" x2="${x(row.most)}" y1="${y}" y2="${y}"/>` +
      `<circle class="dot" cx="${x(row.median)}" cy="${y}" r="5"/>` +
      `<line class="goal" x1="${x(row.goal)}" x2="${x(row.goal)}" y1="${y - 11}" y2="${y + 11}"/>` +
      `<text x="${WIDTH - 4}" y="${y + 4}" text-anchor="end">${shown(row.median)}</text></g>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `  <style>${STYLE}\n  </style>`,
    `  <text x="4" y="18" font-weight="600">${escaped(title)}</text>`,
    ...ticks.map(
      (value) =>
        `  <line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${TOP}" y2="${bottom}"/>` +
        `<text class="faint" x="${x(value)}" y="${bottom + 17}" text-anchor="middle">${shown(value)}</text>`,
    ),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/** @param {number} value */
function niceAbove(value) {
  const scale = 10 ** Math.floor(Math.log10(value));
  return (
    [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].map((step) => step * scale).find((step) => step >= value) ?? 10 * scale
  );
}

/** Three digits. @param {number} value */
export function shown(value) {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
