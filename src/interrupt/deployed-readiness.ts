import { ReadinessCall } from './custom-resource-event';
import { Attempt, withDeadline } from './evidence';
import { Found, isMissing } from './facts';
import { InterruptPolicy } from './interrupt-policy';
import { loadStackReader } from './load-stack-reader';
import { readInstanceType } from './read-instance';
import { readKdump } from './read-readiness';
import { MOST_TARGETS, PermissionFacts, readPermission, readTargets } from './read-targets';
import { problemOf, reportOf, TargetFacts } from './readiness-report';
import { logger } from './telemetry';

/** So long it may take until a new permission, or the tag of a new instance, is known everywhere. */
const SETTLING_MS = 60_000;
/** So many instances are asked about at once. */
const AT_ONCE = 10;
/** EC2 lets an account make 5 calls a second that change something, dry runs included, after 50 at once; a look is every 15 seconds. */
const MOST_DRY_RUNS = 50;
/**
 * The one status in which CloudFormation updates a resource to what it was before: also of a stack whose update was cancelled, of a
 * rollback that is continued, and of a nested stack with its parent. A rollback of a creation only deletes (CloudFormation User Guide,
 * stack status codes; API Reference, RollbackStack).
 */
const ROLLING_BACK = 'UPDATE_ROLLBACK_IN_PROGRESS';

/** The targets could not be interrupted for a dump. */
export class NotReadyError extends Error {
  public readonly name = 'NotReady';
}

/** What was permitted, by request and instance. It is no evidence for an interrupt, and costs no second look while the others are waited for. */
const permitted = new Set<string>();

/**
 * Looks at the targets once; at none while the stack is rolled back. What made the update fail would fail the rollback, too, and leave a
 * stack that nobody can update.
 *
 * @returns undefined as long as waiting may help
 * @throws NotReadyError when it may not, or the time is over
 */
export async function deployedReadiness(
  call: ReadinessCall & { readonly begun: Date }, policy: InterruptPolicy,
): Promise<Record<string, string> | undefined> {
  if (call.updatedBy !== undefined && await isRolledBack(call.updatedBy)) {
    return { instances: '0', note: 'The stack was being rolled back, so nothing was checked.' };
  }
  const found = await withDeadline(attempt => look(attempt, call, policy));
  const waitedMs = Date.now() - call.begun.getTime();
  const isOver = waitedMs >= call.timeoutSeconds * 1000;
  if (isMissing(found)) {
    if (isOver) throw new NotReadyError(`EvidenceMissing: Which instances are there? Not known: ${found.missing}`);
    return undefined;
  }
  const { targets, more } = found;
  const problems = targets.map(target => problemOf(target, policy, call.requireArmed)).filter(problem => problem !== undefined);
  logger.info('InterruptReadiness', { checked: targets.length, more, problems, targets });
  if (problems.length > 0) {
    // A denial that is not explicit may be of a permission that is still on its way.
    const isHopeless = problems.some(({ final, reason }) => final || (reason === 'InterruptDenied' && waitedMs >= SETTLING_MS));
    if (isOver || isHopeless) throw new NotReadyError(reportOf(problems, targets.length));
    return undefined;
  }
  if (targets.length === 0 && waitedMs < SETTLING_MS) return undefined;
  return { instances: String(targets.length), note: noteOn(targets.length, more) };
}

function noteOn(checked: number, more: boolean): string {
  if (checked === 0) return 'No running instance carries the tag of the targets, so nothing was checked.';
  return more ? `There are more instances; the first ${MOST_TARGETS} were checked.` : '';
}

/** Asked at each look, since a wait may be overtaken by a rollback. It has its own time: without an answer there is still the check. */
async function isRolledBack(stackId: string): Promise<boolean> {
  const stack = await withDeadline(attempt => attempt('cloudformation:DescribeStacks', async options => {
    const { readStack } = await loadStackReader();
    return readStack(stackId, options);
  }));
  if (isMissing(stack)) {
    logger.warn('StackStatusUnknown', { stackId, ...stack });
    return false;
  }
  if (stack.status !== ROLLING_BACK) return false;
  logger.info('ReadinessNotChecked', { stackId, ...stack });
  return true;
}

async function look(attempt: Attempt, call: ReadinessCall, policy: InterruptPolicy): Promise<Found<{ targets: TargetFacts[]; more: boolean }>> {
  const found = await attempt('ec2:DescribeInstances', options => readTargets(policy.targets, options));
  if (isMissing(found)) return found;
  const targets: TargetFacts[] = [];
  let dryRuns = 0;
  const mayInterrupt = async (instanceId: string): Promise<Found<PermissionFacts>> => {
    const key = `${call.requestId}/${instanceId}`;
    if (permitted.has(key)) return { permitted: true };
    if (++dryRuns > MOST_DRY_RUNS) return { missing: 'it is its turn at the next look' };
    const permission = await attempt('ec2:SendDiagnosticInterrupt (dry run)', options => readPermission(instanceId, options));
    if (!isMissing(permission) && permission.permitted) permitted.add(key);
    return permission;
  };
  for (let first = 0; first < found.instances.length; first += AT_ONCE) {
    const some = found.instances.slice(first, first + AT_ONCE);
    targets.push(...await Promise.all(some.map(async ({ instanceId, instance }) => {
      const [instanceType, kdump, permission] = await Promise.all([
        isMissing(instance) ? instance : attempt('ec2:DescribeInstanceTypes', options => readInstanceType(instance.instanceType, options)),
        call.requireArmed
          ? attempt('ssm:DescribeInstanceAssociationsStatus', options => readKdump(instanceId, policy.associationId, options))
          : { missing: 'not asked' },
        isMissing(instance) ? instance : mayInterrupt(instanceId),
      ]);
      return { at: new Date().toISOString(), instanceId, instance, instanceType, kdump, permission };
    })));
  }
  return { targets, more: found.more };
}
