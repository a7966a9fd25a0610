const calm = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)');

/**
 * Draws the eye to what has just changed, where motion is allowed.
 *
 * @param frames a beat, if nothing else is said; never fainter, for it is read meanwhile
 */
export function highlight(element: Element | null, frames: Keyframe[] = [{ scale: 1.18 }, {}]) {
  if (!calm?.matches) element?.animate(frames, { duration: 700, easing: 'ease-out' });
}
