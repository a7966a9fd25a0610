/** Moments of recorded time as people read them: in UTC, and said so. */

const PARTS = { timeZone: 'UTC', hourCycle: 'h23' } as const;
const day = new Intl.DateTimeFormat('en-GB', { ...PARTS, day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { ...PARTS, hour: '2-digit', minute: '2-digit' });

const DAY_SECONDS = 86_400;

/** The day of a moment: `24 Nov`. */
export const dayOf = (seconds: number) => day.format(seconds * 1000);

/** Its time of day: `09:30`. */
export const clockOf = (seconds: number) => clock.format(seconds * 1000);

/** A moment on an axis: its day at midnight, else its time of day. */
export const markOf = (seconds: number) => (seconds % DAY_SECONDS === 0 ? dayOf(seconds) : clockOf(seconds));

/** `2026-11-24T09:30`, as a field for a date and a time has it; with seconds where there are any. */
export const fieldMoment = (seconds: number) =>
  new Date(seconds * 1000).toISOString().slice(0, seconds % 60 === 0 ? 16 : 19);

/** `2026-11-24 09:30 UTC`. */
export const momentOf = (seconds: number) => `${fieldMoment(seconds).replace('T', ' ')}\u00a0UTC`;

/** The moment in a field for a date and a time, in seconds; `null` where there is none. */
export function momentIn(text: string): number | null {
  const milliseconds = Date.parse(`${text}Z`);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

/** A length of time in its largest units: `7 days`, `1 day 6 hours`, `90 minutes`. */
export function lengthOf(seconds: number): string {
  const of = (n: number, noun: string) => (n === 0 ? '' : `${n}\u00a0${noun}${n === 1 ? '' : 's'}`);
  const words = (a: string, b: string) => [a, b].filter(Boolean).join(' ');
  if (seconds >= DAY_SECONDS) {
    const hours = Math.round(seconds / 3600);
    return words(of(Math.floor(hours / 24), 'day'), of(hours % 24, 'hour'));
  }
  if (seconds % 60 !== 0) return of(seconds, 'second');
  return seconds >= 2 * 3600 && seconds % 3600 === 0 ? of(seconds / 3600, 'hour') : of(seconds / 60, 'minute');
}
