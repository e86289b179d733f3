/**
 * The environment variable by which the construct hands its policy to the handler, as JSON.
 */
export const INTERRUPT_POLICY_VARIABLE = 'INTERRUPT_POLICY';

/**
 * Which instances may be interrupted: these, or those that carry the tag with one of the values.
 */
export type InterruptTargets =
  | { readonly instanceIds: string[] }
  | { readonly tag: { readonly key: string; readonly values: string[] } };

/**
 * How many interrupts the breaker lets pass within its window: a number, or a share of the association's targets (at least one).
 */
export type InterruptLimit = { readonly count: number } | { readonly percent: number };

/** The slots that a breaker may have: one Query of DynamoDB reads them all. */
export const MOST_SLOTS = 100;

/**
 * A metric whose alarm is itself the proof that the instance is unresponsive: EC2's status check does not see what it sees.
 */
export interface SignalMetric {
  readonly namespace: string;
  readonly metricName: string;
}

/**
 * What the owner of the instances allows, rendered at synth.
 */
export interface InterruptPolicy {
  /** `armed` sends; `dryRun` does everything else and says that it would have sent. */
  readonly mode: 'armed' | 'dryRun';
  readonly targets: InterruptTargets;
  /** The State Manager association whose status on an instance tells whether kdump is armed there. */
  readonly associationId: string;
  /** An instance must have failed its status check for so long. */
  readonly minimumImpairedSeconds: number;
  /** An event that is older says nothing about the instance of now. */
  readonly maximumEventAgeSeconds: number;
  /** A run of the association that is older proves nothing about the machine of now. */
  readonly maximumReadinessAgeSeconds: number;
  readonly whenNotArmed: 'refuse' | 'interrupt';
  readonly bareMetal: 'refuse' | 'interrupt';
  readonly signals: SignalMetric[];
  /** Whether a deployment may have a healthy instance interrupted (InterruptOccasion.gameDay). */
  readonly gameDays: boolean;
  readonly claims: ClaimPolicy;
}

/**
 * Where interrupts are claimed before they are sent, and how many there may be.
 */
export interface ClaimPolicy {
  readonly tableName: string;
  /** An instance that was interrupted is not interrupted again for so long. */
  readonly cooldownSeconds: number;
  /** The breaker's window: in any time of this length, no more than `limit` interrupts. */
  readonly windowSeconds: number;
  readonly limit: InterruptLimit;
}
