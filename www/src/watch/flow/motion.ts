/**
 * Requests on their way while the rollout plays: as many marks as the tick's
 * requests make, each where it is at this moment. A mark's place depends on
 * its number and the time alone, so a new tick adds and takes marks and moves
 * none. On a canvas: a frame costs next to nothing there and no layout.
 */

import type { Arm } from '../../rollout/arms.ts';
import { ARMS } from '../../rollout/arms.ts';
import type { Layout } from './flow-layout.ts';
import { streamCurve } from './flow-plot.ts';
import type { TickCounts } from './tick.ts';

/** How long a request takes from the users to its version, in ms. */
const TRAVEL_MS = 1600;
/** Irrational steps spread marks evenly along and across, however many there are. */
const ALONG = 0.618034;
const ACROSS = 0.754878;

export class Motion {
  canvas = document.createElement('canvas');
  #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #frame: number | null = null;
  #inSight = false;
  /** What moves, if anything does. */
  #moving: { layout: Layout; counts: TickCounts } | null = null;

  /** @param figure out of whose sight it rests */
  constructor(figure: Element) {
    this.canvas.className = 'motion';
    this.canvas.ariaHidden = 'true';
    this.canvas.hidden = true;
    new IntersectionObserver((entries) => {
      this.#inSight = entries[entries.length - 1].isIntersecting;
      this.#update();
    }).observe(figure);
  }

  move(layout: Layout, counts: TickCounts) {
    this.#moving = this.#calm.matches ? null : { layout, counts };
    this.#update();
  }

  rest() {
    this.#moving = null;
    this.#update();
  }

  #update() {
    const moves = this.#moving !== null && this.#inSight;
    this.canvas.hidden = !moves;
    if (moves && this.#frame === null) this.#run();
    if (!moves && this.#frame !== null) {
      cancelAnimationFrame(this.#frame);
      this.#frame = null;
    }
  }

  #run() {
    const context = this.canvas.getContext('2d');
    const style = getComputedStyle(this.canvas);
    const colours = {
      // Properties of CSS, because a token is not resolved to a colour.
      baseline: style.color,
      canary: style.caretColor,
    };
    const frame = (now: number) => {
      if (!context || !this.#moving) return;
      this.#frame = requestAnimationFrame(frame);
      const { layout, counts } = this.#moving;
      this.#fit(context, layout);
      for (const arm of ARMS) {
        context.fillStyle = colours[arm];
        draw(context, layout, arm, counts, now / TRAVEL_MS);
      }
    };
    this.#frame = requestAnimationFrame(frame);
  }

  /** Clears the canvas; sets its size only where that has changed. */
  #fit(context: CanvasRenderingContext2D, { x, height }: Layout) {
    const [wide, high] = [Math.round(x * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
      this.canvas.style.width = `${x}px`;
      this.canvas.style.height = `${height}px`;
    }
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, x, height);
  }
}

/**
 * Every mark of a version: squares for the baseline, discs for the canary.
 *
 * @param time in travels
 */
function draw(context: CanvasRenderingContext2D, layout: Layout, arm: Arm, counts: TickCounts, time: number) {
  const { router, trunk, middle, x } = layout;
  const { requests, pct } = counts[arm];
  const marks = Math.ceil(requests / layout[arm].served.per);
  const curve = streamCurve(layout, arm);
  const room = (width: number) => Math.max(0, width - 6);
  const narrow = room((pct / 100) * trunk);
  const turn = router / x;
  context.beginPath();
  for (let i = 0; i < marks; i += 1) {
    const way = (time + i * ALONG) % 1;
    const across = ((i * ACROSS) % 1) - 0.5;
    let [px, py] = [way * x, middle + across * room(trunk)];
    if (way > turn) {
      const t = (way - turn) / (1 - turn);
      const width = narrow + (room(trunk) - narrow) * Math.max(0, 1 - 4 * t);
      [px, py] = beside(curve, t, across * width);
    }
    // Inside the router no mark hides where it points.
    if (Math.abs(px - router) < 16) continue;
    if (arm === 'baseline') context.rect(px - 2, py - 2, 4, 4);
    else {
      context.moveTo(px + 2.5, py);
      context.arc(px, py, 2.5, 0, 2 * Math.PI);
    }
  }
  context.fill();
}

/**
 * A point at some distance from a curve of Bézier.
 *
 * @param t along it, 0 to 1
 * @param distance in pixels
 */
function beside([a, b, c, d]: [x: number, y: number][], t: number, distance: number): [x: number, y: number] {
  const u = 1 - t;
  const at = (k: 0 | 1) => u * u * u * a[k] + 3 * u * u * t * b[k] + 3 * u * t * t * c[k] + t * t * t * d[k];
  const slope = (k: 0 | 1) => u * u * (b[k] - a[k]) + 2 * u * t * (c[k] - b[k]) + t * t * (d[k] - c[k]);
  const [dx, dy] = [slope(0), slope(1)];
  const length = Math.hypot(dx, dy) || 1;
  return [at(0) - (dy / length) * distance, at(1) + (dx / length) * distance];
}
