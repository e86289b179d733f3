import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ReadOptions, text } from './answers';
import { READING } from './clients';

// Here and not with the others, because it is loaded by deployments alone.
const cloudFormation = new CloudFormationClient(READING);

export interface StackFacts {
  readonly status: string;
}

/** @param stackId the ID, not the name: by a name, CloudFormation would ask for a permission on all stacks that ever had it */
export async function readStack(stackId: string, options: ReadOptions): Promise<StackFacts> {
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackId }), options);
  return { status: text(Stacks?.find(stack => stack.StackId === stackId)?.StackStatus, 'StackStatus') };
}
