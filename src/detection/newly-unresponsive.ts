/** An instance that fails its status check, and since when. */
export interface Impaired {
  readonly instanceId: string;
  readonly since: Date;
}

/** When it was last told of which instance, ISO 8601. */
export type Told = Readonly<Record<string, string>>;

/**
 * Which instances have failed for long enough and were not told of since: the longest first, as the first ones get the interrupts that a
 * circuit breaker allows.
 */
export function newlyUnresponsive(impaired: Impaired[], told: Told, unresponsiveSeconds: number, now: Date): Impaired[] {
  return impaired
    .filter(({ since }) => now.getTime() - since.getTime() >= unresponsiveSeconds * 1000)
    // What was told before this failure began was about another one. A date that is none is as good as nothing told.
    .filter(({ instanceId, since }) => !(Date.parse(told[instanceId]) >= since.getTime()))
    .sort((one, other) => one.since.getTime() - other.since.getTime());
}

/** What is to be remembered: of the instances that still fail, when it was told of them. */
export function remembered(impaired: Impaired[], told: Told, newlyTold: Impaired[], now: Date): Told {
  const before = impaired.filter(({ instanceId }) => Object.hasOwn(told, instanceId)).map(({ instanceId }) => [instanceId, told[instanceId]]);
  return Object.fromEntries([...before, ...newlyTold.map(({ instanceId }) => [instanceId, now.toISOString()])]);
}
