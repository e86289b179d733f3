/** A piece of evidence that could not be had, and why. */
export interface Missing {
  readonly missing: string;
}

export type Found<T> = T | Missing;

export function isMissing<T extends object>(part: Found<T>): part is Missing {
  return 'missing' in part;
}

/**
 * What AWS says about an instance now. Plain JSON, since it is logged and returned as it is.
 */
export interface Evidence {
  /** When it was gathered, ISO 8601; every age is measured from here. */
  readonly at: string;
  /** Only for requests of an alarm, as is `mute`. */
  readonly alarm?: Found<AlarmFacts>;
  readonly mute?: Found<MuteFacts>;
  readonly instance: Found<InstanceFacts>;
  readonly status: Found<StatusFacts>;
  readonly instanceType: Found<InstanceTypeFacts>;
  readonly kdump: Found<KdumpFacts>;
  readonly claims: Found<ClaimFacts>;
  /** Only where the breaker's limit is a share of the targets. */
  readonly fleet?: Found<FleetFacts>;
}

export interface AlarmFacts {
  readonly state: string;
  readonly stateSince?: string;
  readonly actionsEnabled: boolean;
  /** Of a composite alarm with a suppressor: `Alarm`, `WaitPeriod` or `ExtensionPeriod`; absent where it acts. */
  readonly actionsSuppressedBy?: string;
  /** What the alarm watches; of a composite alarm, what those of its alarms watch that are in ALARM. */
  readonly watches: WatchedMetric[];
}

export interface WatchedMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly instanceId?: string;
}

export interface MuteFacts {
  /** The ARNs of the mute rules that are active on the alarm. */
  readonly activeRules: string[];
}

/** `DescribeInstances.Hypervisor` is left out: it says `xen` for Nitro instances too (EC2 API Reference, Instance). */
export interface InstanceFacts {
  readonly state: string;
  readonly instanceType: string;
  readonly architecture: string;
  /** `windows`; absent on Linux (EC2 API Reference, Instance). */
  readonly platform?: string;
  /** When it was started last, by a launch or after a stop; a reboot does not count. ISO 8601. */
  readonly launchTime: string;
  readonly tags: Record<string, string>;
}

export interface StatusFacts {
  readonly instance: CheckFacts;
  readonly system: CheckFacts;
  /** Whether its volumes can be reached; types without the check have none. */
  readonly attachedEbs?: CheckFacts;
}

export interface CheckFacts {
  readonly status: string;
  readonly details: { readonly name?: string; readonly status?: string; readonly impairedSince?: string }[];
}

export interface InstanceTypeFacts {
  /** `nitro` or `xen`; types of bare metal have none. */
  readonly hypervisor?: string;
  readonly bareMetal: boolean;
  readonly architectures: string[];
}

export interface KdumpFacts {
  /** The association's status on the instance; absent when it never ran there. */
  readonly status?: string;
  readonly detailedStatus?: string;
  readonly errorCode?: string;
  readonly executionDate?: string;
}

export interface ClaimFacts {
  /** Until when the instance may not be interrupted again; absent when it was not interrupted lately. */
  readonly cooldownUntil?: string;
  /** The slots of the breaker that others have taken. */
  readonly takenSlots: number[];
  /** The claim under which the request was made, where it has been made already. */
  readonly held?: { readonly id: string; readonly instanceId: string; readonly slot: number };
  /** How many of the interrupts that the claim is good for were taken. */
  readonly spent?: number;
}

export interface FleetFacts {
  /** How many instances the association has as targets. */
  readonly size: number;
}
