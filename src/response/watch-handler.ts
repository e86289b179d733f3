import { DescribeInstanceStatusCommand, EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Incident, Watch } from './incident';
import { look, Sight } from './watch';
import { MOST_LOOKS_VARIABLE } from './watch-variables';

const ec2 = new EC2Client();
const ssm = new SSMClient();

/**
 * One look at the instance of an incident. Throws where its state cannot be learned, so that it is looked at again.
 */
export async function handler({ incident }: { readonly incident: Incident }): Promise<Watch> {
  const mostLooks = Number(process.env[MOST_LOOKS_VARIABLE]);
  if (!(mostLooks > 0)) throw new Error(`${MOST_LOOKS_VARIABLE} must be a number of looks, got ${process.env[MOST_LOOKS_VARIABLE]}`);
  return look(incident, await see(incident), mostLooks);
}

async function see({ assessed, watch }: Incident): Promise<Sight> {
  if (!assessed) throw new Error('The incident has no instance: it was not assessed');
  const { instanceId } = assessed;
  const [statuses, nodes, console] = await Promise.all([
    ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId], IncludeAllInstances: true })),
    ssm.send(new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] })),
    // Once the panic was seen, the console has nothing more to say.
    watch?.panicSeenAt === undefined ? readConsole(instanceId) : undefined,
  ]);
  const found = statuses.InstanceStatuses?.find(({ InstanceId }) => InstanceId === instanceId);
  return {
    at: new Date(),
    state: found?.InstanceState?.Name ?? 'not to be found',
    status: found?.InstanceStatus?.Status ?? 'not to be found',
    lastPing: nodes.InstanceInformationList?.find(({ InstanceId }) => InstanceId === instanceId)?.LastPingDateTime,
    console,
  };
}

/** Without it there is one sign less, and no second interrupt. */
async function readConsole(instanceId: string): Promise<string | undefined> {
  try {
    const { Output } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true }));
    return Output === undefined ? undefined : Buffer.from(Output, 'base64').toString('latin1');
  } catch {
    return undefined;
  }
}
