import { CheckFacts, Evidence, Found, isMissing } from './facts';
import type { InterruptPolicy } from './interrupt-policy';
import type { InterruptRequest } from './trigger';

/**
 * Why an instance is not interrupted. The names are stable: they stand in logs, metrics and answers.
 */
export type RefusalReason =
  /** The policy does not name this instance. */
  | 'NotATarget'
  /** The alarm that asks is not in ALARM, according to its event or by now. */
  | 'NotInAlarm'
  /** The instance is not in the state `running`. */
  | 'NotRunning'
  /** AWS's side of the instance has a fault; a dump of the guest would explain nothing. */
  | 'SystemImpaired'
  /** The instance answers EC2's instance status check. */
  | 'Responsive'
  /** The instance is bare metal, for which nothing documents that the interrupt works. */
  | 'BareMetal'
  /** The instance type is not built on Nitro. */
  | 'UnsupportedInstanceType'
  /** The instance is not x86_64; Graviton has no diagnostic interrupt. */
  | 'UnsupportedArchitecture'
  /** The last run of the kdump association on the instance did not report that kdump is armed. */
  | 'KdumpNotArmed'
  /** Something that decides could not be learned, or is not understood. */
  | 'EvidenceMissing'
  /** All else would have allowed the interrupt, but the policy's mode is `dryRun`. */
  | 'DryRun';

export interface Refusal {
  readonly reason: RefusalReason;
  readonly explanation: string;
}

export interface Refused extends Refusal {
  readonly decision: 'refuse';
  /** Everything that speaks against the interrupt; the first is the headline repeated above. */
  readonly refusals: Refusal[];
}

export type Verdict = { readonly decision: 'interrupt' } | Refused;

/**
 * Decides. An interrupt crashes a machine, so each rule has to be satisfied by something that is known to be so; whatever is
 * unknown, new or malformed is a refusal.
 */
export function decide(request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy): Verdict {
  const refusals = RULES.map((rule) => rule(request, evidence, policy)).filter((found) => found !== undefined);
  // A certainty is the better headline than a doubt, and it is final: only a doubt is worth asking AWS again.
  const ordered = [...refusals.filter((found) => !isDoubt(found)), ...refusals.filter(isDoubt)];
  // Alone, so that the reason DryRun always means: it would have been sent.
  if (ordered.length === 0 && policy.mode !== 'armed') {
    ordered.push(refusal('DryRun', 'Every condition for an interrupt holds and it would have been sent, but the mode is dryRun'));
  }
  return ordered.length === 0 ? { decision: 'interrupt' } : refused(ordered);
}

/**
 * Refuses what needs no look at the instance, so that AWS is not asked for nothing. Without an answer, `decide` decides.
 */
export function refuseOutright(request: InterruptRequest, policy: InterruptPolicy): Refused | undefined {
  const refusals = [notAmongInstances(request, policy), notReportedInAlarm(request)].filter((found) => found !== undefined);
  return refusals.length === 0 ? undefined : refused(refusals);
}

type Rule = (request: InterruptRequest, evidence: Evidence, policy: InterruptPolicy) => Refusal | undefined;

/** Only what the policy names is touched. IAM says the same again, on the instance's ARN or tag. */
const notATarget: Rule = (request, { instance }, policy) => {
  if (!('tag' in policy.targets)) return notAmongInstances(request, policy);
  const { key, values } = policy.targets.tag;
  return known(instance, 'Is the instance a target?', ({ tags }) => (
    values.includes(tags[key]) ? undefined : refusal('NotATarget', `The instance has no tag ${key} of a wanted value`)
  ));
};

/** An alarm that has recovered since its event was sent no longer asks for anything. A direct call has no alarm. */
const notInAlarm: Rule = (request, { alarm = { missing: 'not read' } }) => {
  if (request.source.kind === 'direct') return undefined;
  return notReportedInAlarm(request) ?? known(alarm, 'Is the alarm still in ALARM?', ({ state }) => (
    state === 'ALARM' ? undefined : refusal('NotInAlarm', `The alarm is now in ${state}`)
  ));
};

/** Only a running machine has a kernel that can panic. */
const notRunning: Rule = (_request, { instance }) => known(instance, 'Is the instance running?', ({ state }) => (
  state === 'running' ? undefined : refusal('NotRunning', `The instance is ${state}`)
));

/** With a fault on AWS's side the instance check fails too, and recovery is AWS's job. */
const systemImpaired: Rule = (_request, { status }) => known(status, 'Is the system healthy?', ({ system }) => {
  if (system.status === 'ok') return undefined;
  return system.status === 'impaired' ? refusal('SystemImpaired', 'The system status check fails') : notClear('system', system);
});

/** The machine must be unresponsive now, not only when the alarm fired. `initializing` and `insufficient-data` prove neither. */
const responsive: Rule = (_request, { status }) => known(status, 'Is the instance unresponsive?', ({ instance }) => {
  if (instance.status === 'impaired') return undefined;
  return instance.status === 'ok' ? refusal('Responsive', 'The instance status check passes') : notClear('instance', instance);
});

const bareMetal: Rule = (_request, { instanceType }) => known(instanceType, 'Is the instance virtual?', (type) => (
  type.bareMetal === false ? undefined : refusal('BareMetal', 'The instance type is bare metal')
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
 * that hangs keeps its last status: the agent on it schedules the runs and reports them (amazon-ssm-agent, agent/association).
 */
const kdumpNotArmed: Rule = (_request, { kdump }, { associationId }) => known(kdump, 'Is kdump armed?', ({ status }) => {
  if (status === 'Success') return undefined;
  return refusal('KdumpNotArmed', status === undefined
    ? `The association ${associationId} has never run on the instance`
    : `The association ${associationId} has the status ${status} on the instance`);
});

/** In the order in which they are reported. */
const RULES: Rule[] = [
  notATarget,
  notInAlarm,
  notRunning,
  systemImpaired,
  responsive,
  bareMetal,
  unsupportedInstanceType,
  unsupportedArchitecture,
  kdumpNotArmed,
];

function notAmongInstances({ instanceId }: InterruptRequest, { targets }: InterruptPolicy): Refusal | undefined {
  if ('tag' in targets || targets.instanceIds.includes(instanceId)) return undefined;
  return refusal('NotATarget', 'The instance is not one of those that the policy names');
}

function notReportedInAlarm({ source }: InterruptRequest): Refusal | undefined {
  if (source.kind === 'direct' || source.alarmState === 'ALARM') return undefined;
  return refusal('NotInAlarm', `The event says that the alarm is in ${source.alarmState}`);
}

function known<T extends object>(part: Found<T>, question: string, judge: (facts: T) => Refusal | undefined): Refusal | undefined {
  return isMissing(part) ? refusal('EvidenceMissing', `${question} Not known: ${part.missing}`) : judge(part);
}

function notClear(what: string, { status }: CheckFacts): Refusal {
  return refusal('EvidenceMissing', `The ${what} status check says neither ok nor impaired, but ${status}`);
}

function refusal(reason: RefusalReason, explanation: string): Refusal {
  return { reason, explanation };
}

function refused(refusals: Refusal[]): Refused {
  return { decision: 'refuse', ...refusals[0], refusals };
}

function isDoubt({ reason }: Refusal): boolean {
  return reason === 'EvidenceMissing';
}
