import { freeSlots, slotsOf } from './breaker';
import { AlarmFacts, CheckFacts, Evidence, Found, isMissing } from './facts';
import type { InterruptPolicy } from './interrupt-policy';
import { MAY_PASS, Refusal, refusal, Refused, refused } from './refusal';
import type { InterruptRequest } from './trigger';

/** An interrupt may be claimed, for one of the slots of the breaker. */
export interface Granted {
  readonly decision: 'interrupt';
  readonly freeSlots: number[];
}

export type Verdict = Granted | Refused;

/**
 * Decides. An interrupt crashes a machine, so each rule has to be satisfied by something that is known to be so; whatever is
 * unknown, new or malformed is a refusal.
 */
export function decide(request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy): Verdict {
  const refusals = RULES.map((rule) => rule(request, evidence, policy)).filter((found) => found !== undefined);
  // What is final is the headline: only without it is it worth to ask again. A certainty comes before a doubt.
  const ordered = [...refusals].sort((one, other) => rankOf(one) - rankOf(other));
  // Alone, so that the reason DryRun always means: it would have been sent.
  if (ordered.length === 0 && policy.mode !== 'armed') {
    ordered.push(refusal('DryRun', 'Every condition for an interrupt holds and it would have been sent, but the mode is dryRun'));
  }
  return ordered.length === 0 ? { decision: 'interrupt', freeSlots: slotsLeft(evidence, policy) ?? [] } : refused(ordered);
}

/**
 * Refuses what needs no look at the instance, so that AWS is not asked for nothing. Without an answer, `decide` decides.
 */
export function refuseOutright(request: InterruptRequest, policy: InterruptPolicy, now: Date): Refused | undefined {
  const refusals = [
    notAmongInstances(request, policy), reportedOtherwise(request), mutedByEvent(request), tooOld(request, policy, now.toISOString()),
  ].filter((found) => found !== undefined);
  return refusals.length === 0 ? undefined : refused(refusals);
}

type Rule = (request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy) => Refusal | undefined;

/** Only what the policy names is touched. IAM says the same again, on the instance's ARN or tag. */
const notATarget: Rule = (request, { instance }, policy) => {
  if (!('tag' in policy.targets)) return notAmongInstances(request, policy);
  const { key, values } = policy.targets.tag;
  return known(instance, 'Is the instance a target?', ({ tags }) => (
    Object.hasOwn(tags, key) && values.includes(tags[key]) ? undefined : refusal('NotATarget', `The instance has no tag ${key} of a wanted value`)
  ));
};

/** An alarm that has recovered since its event was sent no longer asks for anything. Without an alarm there is nothing to look at. */
const notInAlarm: Rule = (request, evidence) => {
  if (request.source.kind !== 'alarm') return undefined;
  return reportedOtherwise(request) ?? known(alarmOf(evidence), 'Is the alarm still in ALARM?', ({ state, watches }) => {
    if (state !== 'ALARM') return refusal('NotInAlarm', `The alarm is now in ${state}`);
    // The event may be anybody's: the alarm itself must be about this instance.
    if (watches.some(({ instanceId }) => instanceId === request.instanceId)) return undefined;
    return refusal('NotInAlarm', 'The alarm that is in ALARM does not watch the instance');
  });
};

/** Events from EventBridge are sent by a muted alarm as well, and by one that may not act. */
const muted: Rule = (request, evidence) => {
  if (request.source.kind !== 'alarm') return undefined;
  const { mute = { missing: 'not read' } } = evidence;
  return mutedByEvent(request) ?? actionsOff(alarmOf(evidence)) ?? known(mute, 'Is the alarm muted?', ({ activeRules }) => (
    activeRules.length === 0 ? undefined : refusal('Muted', `The alarm is muted by ${activeRules.join(', ')}`)
  ));
};

const staleEvent: Rule = (request, { at }, policy) => tooOld(request, policy, at);

/** Only a running machine has a kernel that can panic. */
const notRunning: Rule = (_request, { instance }) => known(instance, 'Is the instance running?', ({ state }) => (
  state === 'running' ? undefined : refusal('NotRunning', `The instance is ${state}`)
));

/**
 * With a fault on AWS's side the instance check fails too, and recovery is AWS's job. Without its volumes a machine hangs as well, and has
 * nowhere to dump to.
 */
const systemImpaired: Rule = (_request, { status }) => known(status, 'Is the system healthy?', ({ system, attachedEbs }) => {
  if (system.status === 'impaired') return refusal('SystemImpaired', 'The system status check fails');
  if (attachedEbs?.status === 'impaired') return refusal('SystemImpaired', 'The attached EBS status check fails');
  return system.status === 'ok' ? undefined : notClear('system', system);
});

/**
 * The machine must be unresponsive now, not only when the alarm fired. `initializing` and `insufficient-data` prove neither. EC2's
 * check is an ARP probe, which a kernel answers whose user space is dead: there the alarm that is in ALARM now is the proof, if the
 * policy trusts what it watches.
 */
const responsive: Rule = (request, evidence, policy) => known(evidence.status, 'Is the instance unresponsive?', ({ instance }) => {
  if (instance.status === 'impaired') return undefined;
  if (instance.status !== 'ok') return notClear('instance', instance);
  return isGameDay(request, policy) || isProvenByAlarm(request, evidence, policy) ? undefined : refusal('Responsive', 'The instance status check passes');
});

const impairedTooShort: Rule = (request, { status, at }, policy) => {
  const { minimumImpairedSeconds } = policy;
  // Whether it is impaired at all is the rule before's to say.
  if (minimumImpairedSeconds === 0 || isGameDay(request, policy) || isMissing(status) || status.instance.status !== 'impaired') return undefined;
  const since = status.instance.details.find(({ status: detail, impairedSince }) => detail === 'failed' && impairedSince)?.impairedSince;
  if (!since) return refusal('EvidenceMissing', 'Since when is the instance impaired? Not known: ImpairedSince is not there');
  const seconds = secondsBetween(since, at);
  if (seconds >= minimumImpairedSeconds) return undefined;
  return refusal('ImpairedTooShort', `The instance has been impaired for ${Math.floor(seconds)} s, and must have been for ${minimumImpairedSeconds} s`);
};

const bareMetal: Rule = (_request, { instanceType }, policy) => known(instanceType, 'Is the instance virtual?', (type) => (
  type.bareMetal === false || policy.bareMetal === 'interrupt' ? undefined : refusal('BareMetal', 'The instance type is bare metal')
));

/** EC2 sends diagnostic interrupts to Nitro-based types other than Graviton (EC2 User Guide, Send a diagnostic interrupt). */
const unsupportedInstanceType: Rule = (_request, { instanceType }) => known(instanceType, 'Is the instance type built on Nitro?', (type) => {
  if (type.hypervisor === 'nitro' || type.bareMetal) return undefined; // bare metal has no hypervisor, and a rule of its own
  if (type.hypervisor === undefined) return refusal('EvidenceMissing', 'The hypervisor of the instance type is not known');
  return refusal('UnsupportedInstanceType', `The hypervisor of the instance type is ${type.hypervisor}`);
});

const unsupportedArchitecture: Rule = (_request, { instance, instanceType }) => {
  const judge = (architectures: string[]) => architectures.includes('x86_64')
    ? undefined
    : refusal('UnsupportedArchitecture', `The architecture is ${architectures.join(', ') || 'none'}`);
  return known(instance, 'Is the instance x86_64?', ({ architecture }) => judge([architecture]))
    ?? known(instanceType, 'Is the instance type x86_64?', ({ architectures }) => judge(architectures));
};

/**
 * Without kdump an interrupt costs a reboot and yields nothing. A run that is pending, skipped or timed out is not armed. A machine
 * that hangs keeps its last status: the agent on it schedules the runs and reports them (amazon-ssm-agent, agent/association). So does
 * one that was stopped and does not come up again.
 */
const kdumpNotArmed: Rule = (_request, { kdump, instance, at }, { associationId, whenNotArmed, maximumReadinessAgeSeconds }) => {
  if (whenNotArmed === 'interrupt') return undefined;
  // The agent skips a step that is for Linux there, and counts that as a success (amazon-ssm-agent, DocumentResultAggregator).
  if (!isMissing(instance) && instance.platform !== undefined) {
    return refusal('KdumpNotArmed', `The instance runs ${instance.platform}, where the association does nothing, whatever its status: take it out of the targets`);
  }
  return known(kdump, 'Is kdump armed?', ({ status, executionDate }) => {
    if (status !== 'Success') {
      return refusal('KdumpNotArmed', `The association ${associationId} has ${status === undefined ? 'never run' : `the status ${status}`} on the instance`);
    }
    if (!executionDate) return refusal('EvidenceMissing', 'When did the association run? Not known: ExecutionDate is not there');
    const seconds = secondsBetween(executionDate, at);
    if (!(seconds >= -MOST_SKEW_SECONDS)) return refusal('EvidenceMissing', `When did the association run? Not known: ExecutionDate is ${executionDate}`);
    // Without the instance nothing is known about it, as other rules say.
    if (!isMissing(instance) && !(secondsBetween(instance.launchTime, executionDate) >= 0)) {
      return refusal('KdumpNotArmed', `The association ${associationId} has not run on the instance since it was started at ${instance.launchTime}`);
    }
    if (seconds <= maximumReadinessAgeSeconds) return undefined;
    return refusal('KdumpNotArmed', `The association ${associationId} last ran ${Math.floor(seconds)} s ago; its word counts for ${maximumReadinessAgeSeconds} s`);
  });
};

/** A second interrupt would hit the kernel that is writing the dump. */
const coolingDown: Rule = (_request, { claims }) => known(claims, 'Was the instance interrupted before?', ({ cooldownUntil }) => (
  cooldownUntil === undefined ? undefined : refusal('CoolingDown', `The instance was interrupted; not again before ${cooldownUntil}`)
));

/** A fault that takes many instances at once is not theirs, and one dump explains what several would. */
const circuitOpen: Rule = (_request, evidence, policy) => known(evidence.claims, 'How many were interrupted lately?', ({ takenSlots }) => {
  const left = slotsLeft(evidence, policy);
  if (left === undefined) return refusal('EvidenceMissing', `How many targets are there, of which the limit is a share? Not known: ${whyNoSize(evidence)}`);
  return left.length > 0 ? undefined
    : refusal('CircuitOpen', `${takenSlots.length} instances were interrupted within ${policy.claims.windowSeconds} s, as many as are allowed`);
});

/** In the order in which they are reported. */
const RULES: Rule[] = [
  notATarget,
  notInAlarm,
  muted,
  staleEvent,
  notRunning,
  systemImpaired,
  responsive,
  impairedTooShort,
  bareMetal,
  unsupportedInstanceType,
  unsupportedArchitecture,
  kdumpNotArmed,
  coolingDown,
  circuitOpen,
];

/** Clocks differ; what lies further ahead is not understood. */
const MOST_SKEW_SECONDS = 300;

function notAmongInstances({ instanceId }: InterruptRequest, { targets }: InterruptPolicy): Refusal | undefined {
  if ('tag' in targets || targets.instanceIds.includes(instanceId)) return undefined;
  return refusal('NotATarget', 'The instance is not one of those that the policy names');
}

function reportedOtherwise({ source }: InterruptRequest): Refusal | undefined {
  if (source.kind !== 'alarm' || source.alarmState === 'ALARM') return undefined;
  return refusal('NotInAlarm', `The event says that the alarm is in ${source.alarmState}`);
}

function mutedByEvent({ source }: InterruptRequest): Refusal | undefined {
  return source.kind === 'alarm' && source.mutedBy !== undefined ? refusal('Muted', `The event says that the alarm is muted by ${source.mutedBy}`) : undefined;
}

/** During a period CloudWatch waits for what the suppressor does; then the alarm acts, or it does not. */
function actionsOff(alarm: Found<AlarmFacts>): Refusal | undefined {
  // Whether the alarm is known is another rule's to say.
  if (isMissing(alarm)) return undefined;
  const { actionsEnabled, actionsSuppressedBy } = alarm;
  if (!actionsEnabled) return refusal('Muted', 'The actions of the alarm are disabled');
  if (actionsSuppressedBy === undefined) return undefined;
  return actionsSuppressedBy === 'Alarm'
    ? refusal('Muted', 'The actions of the alarm are suppressed by its suppressor')
    : refusal('EvidenceMissing', `Are the actions of the alarm suppressed? Not known: it is in its ${actionsSuppressedBy}`);
}

function tooOld({ source }: InterruptRequest, { maximumEventAgeSeconds }: InterruptPolicy, now: string): Refusal | undefined {
  if (!('time' in source)) return undefined;
  const seconds = secondsBetween(source.time, now);
  if (seconds > maximumEventAgeSeconds) {
    return refusal('StaleEvent', `The event is ${Math.floor(seconds)} s old; it counts for ${maximumEventAgeSeconds} s`);
  }
  return seconds >= -MOST_SKEW_SECONDS ? undefined : refusal('StaleEvent', `The event lies ${Math.floor(-seconds)} s ahead`);
}

/** Only a game day is about a healthy instance, and only where the policy has game days. */
function isGameDay({ source }: InterruptRequest, { gameDays }: InterruptPolicy): boolean {
  return source.kind === 'gameDay' && gameDays;
}

function alarmOf({ alarm = { missing: 'not read' } }: Evidence): Found<AlarmFacts> {
  return alarm;
}

function isProvenByAlarm(request: InterruptRequest, evidence: Evidence, { signals }: InterruptPolicy): boolean {
  const alarm = alarmOf(evidence);
  if (request.source.kind !== 'alarm' || isMissing(alarm) || alarm.state !== 'ALARM') return false;
  return alarm.watches.some(({ namespace, metricName, instanceId }) => instanceId === request.instanceId
    && signals.some((signal) => signal.namespace === namespace && signal.metricName === metricName));
}

function slotsLeft({ claims, fleet }: Evidence, policy: InterruptPolicy): number[] | undefined {
  const slots = slotsOf(policy.claims.limit, fleet);
  return slots === undefined || isMissing(claims) ? undefined : freeSlots(slots, claims.takenSlots);
}

function whyNoSize({ fleet }: Evidence): string {
  return fleet && isMissing(fleet) ? fleet.missing : 'the association has no count of them';
}

/** Not a number where a date is none: every comparison with it fails, so it is written such that failing refuses. */
function secondsBetween(earlier: string, later: string): number {
  return (Date.parse(later) - Date.parse(earlier)) / 1000;
}

function known<T extends object>(part: Found<T>, question: string, judge: (facts: T) => Refusal | undefined): Refusal | undefined {
  return isMissing(part) ? refusal('EvidenceMissing', `${question} Not known: ${part.missing}`) : judge(part);
}

function notClear(what: string, { status }: CheckFacts): Refusal {
  return refusal('EvidenceMissing', `The ${what} status check says neither ok nor impaired, but ${status}`);
}

/** The reasons that time may cure come last. */
function rankOf({ reason }: Refusal): number {
  return MAY_PASS.indexOf(reason);
}
