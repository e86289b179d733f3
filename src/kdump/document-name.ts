import { Aws, Fn, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** What Systems Manager lets no document's name begin with (CreateDocument). */
const RESERVED = /^(aws|amazon|amzn)/i;

/**
 * The name of the one Command document of a construct, where the one that CloudFormation would make of the stack's name is refused. No
 * other stack has the same.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
 */
export function documentName(owner: IConstruct): string | undefined {
  return RESERVED.test(outermost(Stack.of(owner)).stackName) ? `Kdump-${owner.node.addr}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}` : undefined;
}

/** The name of a nested stack begins with that of its parent. */
function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
}
