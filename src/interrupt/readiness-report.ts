import { bounded } from './bounded';
import { Evidence, Found, isMissing } from './facts';
import { InterruptPolicy } from './interrupt-policy';
import { PermissionFacts } from './read-targets';
import { RefusalReason } from './refusal';
import { decide } from './verdict';

/** What is known about a target at a deployment. */
export type TargetFacts = Pick<Evidence, 'at' | 'instance' | 'instanceType' | 'kdump'> & {
  readonly instanceId: string;
  readonly permission: Found<PermissionFacts>;
};

export type ProblemReason = RefusalReason | 'InterruptDenied';

/** Why an instance could not be interrupted for a dump if it hung. */
export interface Problem {
  readonly instanceId: string;
  readonly reason: ProblemReason;
  readonly explanation: string;
  /** Waiting changes nothing. */
  readonly final: boolean;
}

/** The policies that AWS names in a denial. An explicit one is no matter of a permission that is too new to be known everywhere. */
const DENIED_BY = /(with an explicit deny in an?|because no) ([a-z -]+? policy|permissions boundary)/;

/** The foremost problem of an instance, if any: what is final comes first, and a certainty before a doubt. */
export function problemOf(target: TargetFacts, policy: InterruptPolicy, requireArmed: boolean): Problem | undefined {
  const problems = [...refusalsIfItHung(target, policy, requireArmed), denialOf(target)].filter(found => found !== undefined);
  return problems.find(({ final }) => final) ?? problems[0];
}

/** The verdict itself is asked: if the instance had hung for long, and none had been interrupted lately, would it be interrupted? */
function refusalsIfItHung(target: TargetFacts, policy: InterruptPolicy, requireArmed: boolean): Problem[] {
  const { instanceId, at, instance, instanceType, kdump } = target;
  const hung: Evidence = {
    at,
    instance,
    instanceType,
    kdump,
    status: { instance: { status: 'impaired', details: [] }, system: { status: 'ok', details: [] } },
    claims: { takenSlots: [] },
  };
  const anyTime: InterruptPolicy = {
    ...policy,
    mode: 'armed',
    minimumImpairedSeconds: 0,
    claims: { ...policy.claims, limit: { count: 1 } },
    whenNotArmed: requireArmed ? 'refuse' : 'interrupt',
  };
  const verdict = decide({ instanceId, source: { kind: 'direct', reason: 'Is it ready?' } }, hung, anyTime);
  if (verdict.decision === 'interrupt') return [];
  return verdict.refusals
    // An instance that is started later is configured then.
    .filter(({ reason }) => requireArmed || reason !== 'NotRunning')
    .map(({ reason, explanation }) => ({ instanceId, reason, explanation, final: NEVER_CURED.includes(reason) }));
}

const NEVER_CURED: RefusalReason[] = ['BareMetal', 'UnsupportedInstanceType', 'UnsupportedArchitecture'];

function denialOf({ instanceId, permission }: TargetFacts): Problem | undefined {
  if (isMissing(permission)) {
    return { instanceId, reason: 'EvidenceMissing', explanation: `May the function interrupt it? Not known: ${permission.missing}`, final: false };
  }
  if (permission.permitted) return undefined;
  const [, how, which] = DENIED_BY.exec(permission.message ?? '') ?? [];
  const where = which ? `${how} ${which}` : 'by a policy that EC2 does not name, which is often a service control policy of the organization';
  return {
    instanceId,
    reason: 'InterruptDenied',
    explanation: `A dry run of ec2:SendDiagnosticInterrupt was denied ${where}`,
    final: how?.startsWith('with an explicit') ?? false,
  };
}

const REMEDIES: Partial<Record<ProblemReason, string>> = {
  InterruptDenied: 'Look for ec2:SendDiagnosticInterrupt, or a condition such as MFA on it, in the service control policies of the organization,'
    + ' in permissions boundaries and in the policies of the function\'s role, and allow it to that role',
  UnsupportedInstanceType: 'Change to a Nitro-based x86 type, or take it out of the targets',
  UnsupportedArchitecture: 'Change to an x86 type, or take it out of the targets',
  BareMetal: 'Change to a virtual x86 type, take it out of the targets, or set allowBareMetal',
  KdumpNotArmed: 'Read the output of the association\'s last run on it in State Manager: it says in one line what to do; "reboot-required" means'
    + ' reboot it, or give the KdumpAssociation RebootPolicy.whenRequired(). Or set requireArmed to false',
  NotRunning: 'Start it, or take it out of the targets',
  NotATarget: 'Tag it',
  EvidenceMissing: 'Deploy again; if it stays, the text says which call fails',
};

/** Of instances with the same problem, so many are told apart. */
const MOST_EXPLAINED = 3;
const LONGEST_EXPLANATION_BYTES = 300;
/** Less than a failure's text may have, so that the rest of the groups is at least counted. */
const LONGEST_REPORT_BYTES = 1400;

/**
 * The reason of a deployment that fails. What cannot be waited for stands first; CloudFormation shows no more than the beginning.
 */
export function reportOf(problems: Problem[], checked: number): string {
  const groups = new Map<ProblemReason, Problem[]>();
  [...problems.filter(({ final }) => final), ...problems.filter(({ final }) => !final)]
    .forEach(problem => groups.set(problem.reason, [...groups.get(problem.reason) ?? [], problem]));
  const counts = [...groups].map(([reason, { length }]) => `${length} ${reason}`).join(', ');
  const texts = [...groups].map(([reason, group]) => `${reason}: ${listed(group)}. ${REMEDIES[reason] ?? 'See InterruptRefusal'}.`);
  return bounded(`${problems.length} of ${checked} instances could not be interrupted for a dump (${counts}). ${texts.join(' ')}`, LONGEST_REPORT_BYTES)
    + ' The log line InterruptReadiness has all.';
}

function listed(group: Problem[]): string {
  const explained = group.slice(0, MOST_EXPLAINED)
    .map(({ instanceId, explanation }) => `${instanceId} (${bounded(explanation, LONGEST_EXPLANATION_BYTES)})`);
  return [...explained, ...group.slice(MOST_EXPLAINED).map(({ instanceId }) => instanceId)].join(', ');
}
