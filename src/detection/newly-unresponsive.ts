/** An instance that fails its status check, and since when. */
export interface Impaired {
  readonly instanceId: string;
  readonly since: Date;
}

/** When it was last told of which instance, ISO 8601. */
export type Told = Readonly<Record<string, string>>;

/**
 * Whether it is AWS that has to recover an instance that fails its status check, by what EC2 says of the host and of the attached volumes,
 * if it says anything of these. With a fault there the instance fails as well, and an interrupt is refused, as `SystemImpaired`.
 */
export function isForAwsToRecover(system?: string, attachedEbs?: string): boolean {
  return system !== 'ok' || attachedEbs === 'impaired';
}

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

/**
 * Whether one of those that are AWS's to recover was told of. An interrupt may have been refused for that, so it is to be forgotten, and the
 * instance told of again if it still fails when AWS's side is well.
 */
export function isToBeForgotten(awsImpaired: string[], told: Told): boolean {
  return awsImpaired.some(instanceId => Object.hasOwn(told, instanceId));
}

/** What is to be remembered: of the instances that still fail by themselves, when it was told of them. */
export function remembered(impaired: Impaired[], told: Told, newlyTold: Impaired[], now: Date): Told {
  const before = impaired.filter(({ instanceId }) => Object.hasOwn(told, instanceId)).map(({ instanceId }) => [instanceId, told[instanceId]]);
  return Object.fromEntries([...before, ...newlyTold.map(({ instanceId }) => [instanceId, now.toISOString()])]);
}
