import { DescribeInstancesCommand, Filter, SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { IncompleteAnswerError, ReadOptions, text } from './answers';
import { ec2 } from './clients';
import { Found, InstanceFacts } from './facts';
import { InterruptTargets } from './interrupt-policy';
import { instanceFacts } from './read-instance';

export const MOST_TARGETS = 100;

export interface TargetsFound {
  readonly instances: { readonly instanceId: string; readonly instance: Found<InstanceFacts> }[];
  /** Whether there are more than were looked at. */
  readonly more: boolean;
}

/** The instances that the policy names, whatever they are; or those with the tag that run, or will in a moment. */
export async function readTargets(targets: InterruptTargets, options: ReadOptions): Promise<TargetsFound> {
  const { instances, more } = await describe('tag' in targets
    ? [{ Name: `tag:${targets.tag.key}`, Values: targets.tag.values }, { Name: 'instance-state-name', Values: ['pending', 'running'] }]
    // As a filter, since one ID that is not there would fail the whole call.
    : [{ Name: 'instance-id', Values: targets.instanceIds }], options);
  if ('tag' in targets) return { instances, more };
  const byId = new Map(instances.map(each => [each.instanceId, each]));
  return {
    instances: targets.instanceIds.map(instanceId => byId.get(instanceId) ?? { instanceId, instance: { missing: 'EC2 knows no such instance' } }),
    more,
  };
}

async function describe(Filters: Filter[], options: ReadOptions): Promise<TargetsFound> {
  const instances: TargetsFound['instances'] = [];
  let NextToken: string | undefined;
  do {
    const answer = await ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: MOST_TARGETS, NextToken }), options);
    if (!answer.Reservations) throw new IncompleteAnswerError('Reservations is not in it');
    for (const found of answer.Reservations.flatMap(each => each.Instances ?? [])) {
      instances.push({ instanceId: text(found.InstanceId, 'InstanceId'), instance: instanceFacts(found) });
    }
    NextToken = answer.NextToken;
  } while (NextToken && instances.length <= MOST_TARGETS);
  return { instances: instances.slice(0, MOST_TARGETS), more: instances.length > MOST_TARGETS };
}

/** Whether the function may interrupt the instance, by all policies that apply. */
export interface PermissionFacts {
  readonly permitted: boolean;
  /** What EC2 says instead, without the encoded part. */
  readonly message?: string;
}

/** Asks without sending: "If you have the required permissions, the error response is DryRunOperation" (SendDiagnosticInterrupt). */
export async function readPermission(instanceId: string, options: ReadOptions): Promise<PermissionFacts> {
  try {
    await ec2.send(new SendDiagnosticInterruptCommand({ InstanceId: instanceId, DryRun: true }), options);
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'DryRunOperation') return { permitted: true };
    if (name === 'UnauthorizedOperation') return { permitted: false, message: message.replace(/ ?Encoded authorization failure message:.*/s, '') };
    throw error;
  }
  throw new IncompleteAnswerError('a dry run is answered as if it were none');
}
