// Readable colours from one accent, by the contrast formula of WCAG 2.

export type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const INK: Rgb = [20, 20, 22];

/** Read any CSS colour by painting it; null when the browser does not know it. */
export function parse(colour: string): Rgb | null {
  if (!globalThis.CSS?.supports("color", colour)) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Text on the colour: white unless it cannot be read there. */
export function textOn(colour: Rgb): Rgb {
  return contrast(WHITE, colour) >= 4.5 || contrast(WHITE, colour) > contrast(INK, colour) ? WHITE : INK;
}

/** Move a colour away from its ground until text in it can be read there. */
export function readable(colour: Rgb, ground: Rgb, least = 4.6): Rgb {
  const toward = luminance(ground) > 0.5 ? INK : WHITE;
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = tint(toward, colour, share);
    if (contrast(mixed, ground) >= least) return mixed;
  }
  return toward;
}

/** So much of a colour on a ground. */
export function tint(colour: Rgb, ground: Rgb, share: number): Rgb {
  return ground.map((part, i) => Math.round(part + ((colour[i] ?? 0) - part) * share)) as unknown as Rgb;
}

export function css([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
