// Circles side by side, as close to the middle as they fit.

/**
 * Return places for circles: the largest first, each where it touches two others nearest to the middle.
 * @param {number[]} sizes Their radii.
 * @returns {{x: number, y: number, r: number}[]} In the order of the radii.
 */
export function pack(sizes) {
  const order = sizes.map((_, place) => place).sort((a, b) => sizes[b] - sizes[a]);
  /** @type {{x: number, y: number, r: number}[]} */
  const placed = [];
  /** @type {{x: number, y: number, r: number}[]} */
  const found = new Array(sizes.length);
  for (const place of order) {
    const circle = { ...spot(placed, sizes[place]), r: sizes[place] };
    placed.push(circle);
    found[place] = circle;
  }
  return found;
}

const APART = 3;
/** With many circles only the latest are tried as neighbours: the inner ones have no room left. */
const TRIED = 60;

function spot(placed, r) {
  if (!placed.length) return { x: 0, y: 0 };
  if (placed.length === 1) return { x: placed[0].r + r + APART, y: 0 };
  const outer = placed.slice(-TRIED);
  let best = null;
  let far = Infinity;
  for (let one = 0; one < outer.length; one++) {
    for (let other = one + 1; other < outer.length; other++) {
      for (const point of touching(outer[one], outer[other], r)) {
        const distance = Math.hypot(point.x, point.y * 1.25); // wider than high, as screens are
        if (
          distance < far &&
          placed.every((each) => Math.hypot(each.x - point.x, each.y - point.y) >= each.r + r + APART - 0.01)
        ) {
          best = point;
          far = distance;
        }
      }
    }
  }
  return best ?? { x: Math.max(...placed.map((each) => each.x + each.r)) + r + APART, y: 0 };
}

function touching(a, b, r) {
  const ra = a.r + r + APART;
  const rb = b.r + r + APART;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const d = Math.hypot(dx, dy);
  if (d > ra + rb || d === 0) return [];
  const along = (ra * ra - rb * rb + d * d) / (2 * d);
  const up = Math.sqrt(Math.max(ra * ra - along * along, 0));
  const x = a.x + (along * dx) / d;
  const y = a.y + (along * dy) / d;
  return [
    { x: x + (up * dy) / d, y: y - (up * dx) / d },
    { x: x - (up * dy) / d, y: y + (up * dx) / d },
  ];
}

const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/**
 * Return places for equal dots in a circle, as the seeds of a sunflower.
 * @param {number} count How many.
 * @param {number} radius Of the circle.
 * @returns {{x: number, y: number, r: number}[]}
 */
export function sunflower(count, radius) {
  if (count === 1) return [{ x: 0, y: 0, r: Math.min(radius * 0.6, 22) }];
  const r = Math.min((radius / Math.sqrt(count)) * 0.56, 22);
  const reach = radius - r;
  return Array.from({ length: count }, (_, place) => {
    const far = reach * Math.sqrt((place + 0.5) / count);
    return { x: far * Math.cos(place * GOLDEN), y: far * Math.sin(place * GOLDEN), r };
  });
}
