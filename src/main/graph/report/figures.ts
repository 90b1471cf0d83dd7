/** A number with thousands separated by commas: `1,234,567`; with `decimals` digits after the point, `0.50`. */
export function grouped(value: number, decimals = 0): string {
  const [whole, fraction] = value.toFixed(decimals).split('.');
  const separated = whole!.replace(/\B(?=(\d{3})+$)/g, ',').replace('-', '−');
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}

/** Three significant digits of a number from 0: `0.42`, `7.31`, `52.5`, `184`, `21,600`, `2.31 M`. */
export function approximate(value: number): string {
  const rounded = Number(value.toPrecision(3));
  if (rounded >= 1e6) return `${approximate(rounded / 1e6)} M`;
  if (rounded >= 100) return grouped(rounded);
  return grouped(rounded, rounded >= 10 ? 1 : 2);
}

/** A share from 0 to 1 as a percentage: `87 %`, `0.4 %`. */
export function percentage(share: number): string {
  return `${grouped(share * 100, share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** A duration: `0.4 ms`, `85 ms`, `1.24 s`, `3 min 05 s`. */
export function duration(durationMs: number): string {
  if (durationMs < 10) return `${grouped(durationMs, 1)} ms`;
  if (durationMs < 1000) return `${grouped(durationMs)} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${grouped(seconds, 2)} s`;
  const whole = Math.round(seconds);
  return `${grouped(Math.floor(whole / 60))} min ${padded(whole % 60)} s`;
}

/** A place in a recording: `4:05`, `1:02:33`. */
export function timestamp(positionMs: number): string {
  const seconds = Math.floor(positionMs / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${padded(m)}:${padded(s)}` : `${m}:${padded(s)}`;
}

/** `1 edge`, `2 edges`, `1,000 edges`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${count === 1 ? singular : plural}`;
}

/** The beginning of a text, on one line, cut between two words where that is near. */
export function excerpt(text: string, characters: number): string {
  const all = [...text.replace(/\s+/g, ' ').trim()];
  if (all.length <= characters) return all.join('');
  const start = all.slice(0, characters).join('');
  const lastSpace = start.lastIndexOf(' ');
  const words = lastSpace > characters / 2 ? start.slice(0, lastSpace) : start;
  return `${words.replace(/[\p{P}\s]+$/u, '')}…`;
}

function padded(value: number): string {
  return String(value).padStart(2, '0');
}
