import {
  DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, EbsStatusSummary, Instance, InstanceStatusSummary,
  _InstanceType,
} from '@aws-sdk/client-ec2';
import { IncompleteAnswerError, ReadOptions, text } from './answers';
import { ec2 } from './clients';
import { CheckFacts, InstanceFacts, InstanceTypeFacts, StatusFacts } from './facts';

/** An instance type does not change while a Lambda environment lives. */
const typesSeen = new Map<string, InstanceTypeFacts>();

export async function readInstance(instanceId: string, options: ReadOptions): Promise<InstanceFacts> {
  const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), options);
  const found = answer.Reservations?.flatMap(({ Instances }) => Instances ?? []).find(({ InstanceId }) => InstanceId === instanceId);
  if (!found) throw new IncompleteAnswerError('the instance is not in it');
  return instanceFacts(found);
}

export function instanceFacts(found: Instance): InstanceFacts {
  return {
    state: text(found.State?.Name, 'State'),
    instanceType: text(found.InstanceType, 'InstanceType'),
    architecture: text(found.Architecture, 'Architecture'),
    ...found.Platform && { platform: found.Platform },
    launchTime: text(found.LaunchTime?.toISOString(), 'LaunchTime'),
    // Built by definition, not by assignment, so that a tag named __proto__ is just a tag.
    tags: Object.fromEntries((found.Tags ?? []).map(({ Key, Value }) => [text(Key, 'the key of a tag'), Value ?? ''])),
  };
}

export async function readStatus(instanceId: string, options: ReadOptions): Promise<StatusFacts> {
  // IncludeAllInstances: otherwise an instance that is not running is not in the answer at all (DescribeInstanceStatus).
  const answer = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId], IncludeAllInstances: true }), options);
  const found = answer.InstanceStatuses?.find(({ InstanceId }) => InstanceId === instanceId);
  if (!found) throw new IncompleteAnswerError('the instance is not in it');
  return {
    instance: check(found.InstanceStatus, 'InstanceStatus'),
    system: check(found.SystemStatus, 'SystemStatus'),
    ...found.AttachedEbsStatus && { attachedEbs: check(found.AttachedEbsStatus, 'AttachedEbsStatus') },
  };
}

function check(summary: InstanceStatusSummary | EbsStatusSummary | undefined, what: string): CheckFacts {
  return {
    status: text(summary?.Status, what),
    details: (summary?.Details ?? []).map((detail) => (
      { name: detail.Name, status: detail.Status, impairedSince: detail.ImpairedSince?.toISOString() }
    )),
  };
}

export async function readInstanceType(name: string, options: ReadOptions): Promise<InstanceTypeFacts> {
  const seen = typesSeen.get(name);
  if (seen) return seen;
  const answer = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [name as _InstanceType] }), options);
  const found = answer.InstanceTypes?.find(({ InstanceType }) => InstanceType === name);
  if (typeof found?.BareMetal !== 'boolean' || !Array.isArray(found.ProcessorInfo?.SupportedArchitectures)) {
    throw new IncompleteAnswerError('the type, its BareMetal or its SupportedArchitectures are not in it');
  }
  const facts = { hypervisor: found.Hypervisor, bareMetal: found.BareMetal, architectures: [...found.ProcessorInfo.SupportedArchitectures] };
  typesSeen.set(name, facts);
  return facts;
}
