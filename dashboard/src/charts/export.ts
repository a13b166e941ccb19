/** Every chart leaves the page as a picture or as rows. */

export type Row = Record<string, string | number | boolean | null | undefined>;

/** Lines over laps as rows, a lap each and a column a line, with its unit where one is given. */
export function rowsByLap(
  laps: readonly number[],
  lines: readonly { name: string; values: readonly (number | null)[] }[],
  unit?: string,
): Row[] {
  const column = (name: string) => (unit ? `${name} (${unit})` : name);
  return laps.map((lap, index) => ({
    lap,
    ...Object.fromEntries(lines.map((line) => [column(line.name), line.values[index]])),
  }));
}

/** Rows as CSV (RFC 4180), columns in the order in which they first appear. */
export function toCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(","));
  return [columns.map(cell).join(","), ...lines, ""].join("\r\n");
}

function cell(value: Row[string]): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A name that a file may have. */
export function fileName(title: string, extension: string): string {
  const plain = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${plain.replaceAll(/^-|-$/g, "") || "chart"}.${extension}`;
}

const SCALE = 2;
const MARGIN = 16;
const TITLE = 28;

/** A picture of the chart in `node` (its first SVG, or all its canvases) under its title, at twice the screen's size. */
export async function toPng(node: HTMLElement, title: string): Promise<Blob> {
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * (box.width + 2 * MARGIN);
  canvas.height = SCALE * (box.height + 2 * MARGIN + TITLE);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no pictures");
  context.scale(SCALE, SCALE);
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--c-panel");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = style.color;
  context.font = `600 15px ${style.fontFamily}`;
  context.fillText(title, MARGIN, MARGIN + 12);
  for (const part of node.querySelectorAll<SVGSVGElement | HTMLCanvasElement>("svg[data-chart], canvas")) {
    const at = part.getBoundingClientRect();
    const image = part instanceof HTMLCanvasElement ? part : await drawn(part, at);
    context.drawImage(image, MARGIN + at.x - box.x, MARGIN + TITLE + at.y - box.y, at.width, at.height);
  }
  // not toBlob(): Chromium makes it when the page is idle, a second later, and seven for a large chart
  const [, picture] = canvas.toDataURL("image/png").split(";base64,");
  if (!picture) throw new Error("no picture came out");
  return new Blob([Uint8Array.from(atob(picture), (byte) => byte.charCodeAt(0))], { type: "image/png" });
}

const DRAWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font", "text-anchor"] as const;

/** An SVG with the styles that the page gives it, as an image. */
async function drawn(svg: SVGSVGElement, box: DOMRect): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  const originals = [svg, ...svg.querySelectorAll<SVGElement>("*")];
  for (const [index, element] of [copy, ...copy.querySelectorAll<SVGElement>("*")].entries()) {
    const style = getComputedStyle(originals[index] as Element);
    for (const name of DRAWN) element.style.setProperty(name, style.getPropertyValue(name));
  }
  const url = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  // not decode(): Chromium answers it with the next frame, and a page at rest draws none
  const image = new Image();
  await new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new Error("the chart cannot be drawn"));
    image.src = url;
  });
  return image;
}
