import { ReadOptions } from './answers';
import { readClaims } from './claim';
import { Evidence, Found, isMissing } from './facts';
import { InterruptPolicy } from './interrupt-policy';
import { readAlarm, readMute } from './read-alarm';
import { readInstance, readInstanceType, readStatus } from './read-instance';
import { readFleet, readKdump } from './read-readiness';
import { InterruptRequest } from './trigger';

/** All reads together may take this long, retries included. */
export const EVIDENCE_DEADLINE_MS = 10_000;

class EvidenceTimeoutError extends Error {
  public readonly name = 'EvidenceTimeout';
}

/** Makes one read. It never throws: what could not be learned is `missing`, and costs none of the rest. */
export type Attempt = <T>(api: string, read: (options: ReadOptions) => Promise<T>) => Promise<Found<T>>;

/**
 * Asks AWS all at once.
 */
export function gatherEvidence(request: InterruptRequest, policy: InterruptPolicy): Promise<Evidence> {
  return withDeadline(async attempt => {
    const { instanceId, source, claimId } = request;
    const readInstanceThenType = async () => {
      const instance = await attempt('ec2:DescribeInstances', options => readInstance(instanceId, options));
      if (isMissing(instance)) return { instance, instanceType: { missing: 'the type of the instance is not known' } };
      return { instance, instanceType: await attempt('ec2:DescribeInstanceTypes', options => readInstanceType(instance.instanceType, options)) };
    };
    const [alarm, mute, { instance, instanceType }, status, kdump, claims, fleet] = await Promise.all([
      source.kind === 'alarm' ? attempt('cloudwatch', options => readAlarm(source, options)) : undefined,
      source.kind === 'alarm' ? attempt('cloudwatch:ListAlarmMuteRules', options => readMute(source, options)) : undefined,
      readInstanceThenType(),
      attempt('ec2:DescribeInstanceStatus', options => readStatus(instanceId, options)),
      attempt('ssm:DescribeInstanceAssociationsStatus', options => readKdump(instanceId, policy.associationId, options)),
      attempt('dynamodb', options => readClaims(instanceId, policy.claims, options, claimId)),
      'percent' in policy.claims.limit ? attempt('ssm:DescribeAssociation', options => readFleet(policy.associationId, options)) : undefined,
    ]);
    return {
      at: new Date().toISOString(), ...alarm && { alarm }, ...mute && { mute }, instance, status, instanceType, kdump, claims, ...fleet && { fleet },
    };
  });
}

/** Gives reads that, all together, end in time. */
export async function withDeadline<T>(work: (attempt: Attempt) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // The signal alone is no bound: the SDK watches it while a request is under way, not while it looks for credentials
  // (aws-sdk-js-v3 issue 5810).
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new EvidenceTimeoutError(`no answer within ${EVIDENCE_DEADLINE_MS} ms`));
      abort.abort();
    }, EVIDENCE_DEADLINE_MS);
  });
  tooLate.catch(() => {}); // it may come while nothing is being read
  try {
    return await work(async (api, read) => {
      try {
        return await Promise.race([read({ abortSignal: abort.signal }), tooLate]);
      } catch (error) {
        return { missing: `${api}: ${nameAndMessage(error)}` };
      }
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Kept short, because an access-denied message may carry an encoded policy of several kilobytes. */
function nameAndMessage(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : 'an error without a name';
}
