import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, InstanceStatusSummary, _InstanceType,
} from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand } from '@aws-sdk/client-ssm';
import { cloudWatch, ec2, ssm } from './clients';
import { AlarmFacts, CheckFacts, Evidence, Found, InstanceFacts, InstanceTypeFacts, isMissing, KdumpFacts, StatusFacts } from './facts';
import { InterruptPolicy } from './interrupt-policy';
import { InterruptRequest } from './trigger';

/** All reads together may take this long, retries included. */
export const EVIDENCE_DEADLINE_MS = 10_000;

/** 20 associations on a node (Systems Manager quotas) fit one page of 50; the bound is there for an answer that never ends. */
const MOST_PAGES = 5;

/** An instance type does not change while a Lambda environment lives. */
const typesSeen = new Map<string, InstanceTypeFacts>();

class IncompleteAnswerError extends Error {
  public readonly name = 'IncompleteAnswer';
}

class EvidenceTimeoutError extends Error {
  public readonly name = 'EvidenceTimeout';
}

interface Options {
  readonly abortSignal: AbortSignal;
}

/**
 * Asks AWS all at once. Never throws: what could not be learned is `missing`, and costs none of the rest.
 */
export async function gatherEvidence(request: InterruptRequest, policy: InterruptPolicy): Promise<Evidence> {
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
  const attempt = async <T>(api: string, read: (options: Options) => Promise<T>): Promise<Found<T>> => {
    try {
      return await Promise.race([read({ abortSignal: abort.signal }), tooLate]);
    } catch (error) {
      return { missing: `${api}: ${nameAndMessage(error)}` };
    }
  };

  const { instanceId, source } = request;
  const readInstanceThenType = async () => {
    const instance = await attempt('ec2:DescribeInstances', (options) => readInstance(instanceId, options));
    if (isMissing(instance)) return { instance, instanceType: { missing: 'the type of the instance is not known' } };
    return { instance, instanceType: await attempt('ec2:DescribeInstanceTypes', (options) => readInstanceType(instance.instanceType, options)) };
  };

  try {
    const [alarm, { instance, instanceType }, status, kdump] = await Promise.all([
      source.kind === 'alarm' ? attempt('cloudwatch:DescribeAlarms', (options) => readAlarm(source, options)) : undefined,
      readInstanceThenType(),
      attempt('ec2:DescribeInstanceStatus', (options) => readStatus(instanceId, options)),
      attempt('ssm:DescribeInstanceAssociationsStatus', (options) => readKdump(instanceId, policy.associationId, options)),
    ]);
    return { ...(alarm && { alarm }), instance, status, instanceType, kdump };
  } finally {
    clearTimeout(timer);
  }
}

async function readAlarm(alarm: { alarmName: string; alarmArn: string }, options: Options): Promise<AlarmFacts> {
  // MetricAlarm only: composite alarms would be answered only to a permission on all alarms (CloudWatch permissions reference).
  const answer = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [alarm.alarmName], AlarmTypes: ['MetricAlarm'] }), options);
  // By ARN: an event from another account or Region may name an alarm that is called the same here.
  const found = answer.MetricAlarms?.find(({ AlarmArn }) => AlarmArn === alarm.alarmArn);
  if (!found) throw new IncompleteAnswerError('no metric alarm with the ARN of the event');
  return { state: text(found.StateValue, 'StateValue'), stateSince: found.StateTransitionedTimestamp?.toISOString() };
}

async function readInstance(instanceId: string, options: Options): Promise<InstanceFacts> {
  const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), options);
  const found = answer.Reservations?.flatMap(({ Instances }) => Instances ?? []).find(({ InstanceId }) => InstanceId === instanceId);
  if (!found) throw new IncompleteAnswerError('the instance is not in it');
  return {
    state: text(found.State?.Name, 'State'),
    instanceType: text(found.InstanceType, 'InstanceType'),
    architecture: text(found.Architecture, 'Architecture'),
    // Built by definition, not by assignment, so that a tag named __proto__ is just a tag.
    tags: Object.fromEntries((found.Tags ?? []).map(({ Key, Value }) => [text(Key, 'the key of a tag'), Value ?? ''])),
  };
}

async function readStatus(instanceId: string, options: Options): Promise<StatusFacts> {
  // IncludeAllInstances: otherwise an instance that is not running is not in the answer at all (DescribeInstanceStatus).
  const answer = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId], IncludeAllInstances: true }), options);
  const found = answer.InstanceStatuses?.find(({ InstanceId }) => InstanceId === instanceId);
  if (!found) throw new IncompleteAnswerError('the instance is not in it');
  return { instance: check(found.InstanceStatus, 'InstanceStatus'), system: check(found.SystemStatus, 'SystemStatus') };
}

function check(summary: InstanceStatusSummary | undefined, what: string): CheckFacts {
  return {
    status: text(summary?.Status, what),
    details: (summary?.Details ?? []).map((detail) => (
      { name: detail.Name, status: detail.Status, impairedSince: detail.ImpairedSince?.toISOString() }
    )),
  };
}

async function readInstanceType(name: string, options: Options): Promise<InstanceTypeFacts> {
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

async function readKdump(instanceId: string, associationId: string, options: Options): Promise<KdumpFacts> {
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ssm.send(
      new DescribeInstanceAssociationsStatusCommand({ InstanceId: instanceId, MaxResults: 50, NextToken: nextToken }), options);
    if (!answer.InstanceAssociationStatusInfos) throw new IncompleteAnswerError('InstanceAssociationStatusInfos is not in it');
    const found = answer.InstanceAssociationStatusInfos.find((info) => info.AssociationId === associationId && info.InstanceId === instanceId);
    if (found) {
      return {
        status: text(found.Status, 'Status'),
        detailedStatus: found.DetailedStatus,
        errorCode: found.ErrorCode,
        executionDate: found.ExecutionDate?.toISOString(),
      };
    }
    nextToken = answer.NextToken || undefined; // "If there are no additional items to return, the string is empty" (API Reference)
    if (!nextToken) return {};
  }
  throw new IncompleteAnswerError(`the association is not on the first ${MOST_PAGES} pages`);
}

function text(value: string | undefined, what: string): string {
  if (typeof value !== 'string' || value === '') throw new IncompleteAnswerError(`${what} is not in it`);
  return value;
}

/** Kept short, because an access-denied message may carry an encoded policy of several kilobytes. */
function nameAndMessage(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : 'an error without a name';
}
