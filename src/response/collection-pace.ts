/** What is over waits that long to be seen. A look costs 4 state transitions. */
const SHORTEST_SECONDS = 2;
const LONGEST_SECONDS = 60;
/** The first steps may follow each other as soon as that. */
const SOON_STEPS = 24;
const STEADY_SECONDS = 30;
/** Of what a command is late, so much may be lost until that it has ended is seen. */
const LOST = 1 / 4;

/** How many steps there may be in a time. The history of an execution has room for no more of them (docs/response.md). */
export function stepsWithin(seconds: number): number {
  return SOON_STEPS + Math.ceil(Math.max(0, seconds - SOON_STEPS * SHORTEST_SECONDS) / STEADY_SECONDS);
}

/** What the pace is chosen by, of a collection. */
export interface Pace {
  readonly steps: number;
  readonly work?: { readonly command?: { readonly waitedSeconds: number; readonly expectedSeconds?: number } };
}

/**
 * How long to wait for the next step, in whole seconds: until the command is expected to have ended. Of the first ones nothing is expected;
 * how fast the instance sends shows then.
 */
export function pauseSeconds({ steps, work }: Pace, elapsedSeconds: number): number {
  const { waitedSeconds = 0, expectedSeconds = 0 } = work?.command ?? {};
  const late = waitedSeconds - expectedSeconds;
  const shortest = steps < stepsWithin(elapsedSeconds) ? SHORTEST_SECONDS : STEADY_SECONDS;
  return Math.ceil(Math.min(Math.max(late < 0 ? -late : late * LOST, shortest), LONGEST_SECONDS));
}
