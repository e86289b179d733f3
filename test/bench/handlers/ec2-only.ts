import { EC2Client, SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';

const ec2 = new EC2Client({});

/** A handler with nothing but the client, and nothing but the call: no evidence, no verdict, no claim. */
export async function handler({ instanceId }: { readonly instanceId: string }): Promise<object> {
  await ec2.send(new SendDiagnosticInterruptCommand({ InstanceId: instanceId }));
  return { decision: 'interrupt', sent: true };
}
