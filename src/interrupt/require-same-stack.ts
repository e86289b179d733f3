import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { requireSameEnvironment } from '../kdump/same-environment';

/**
 * Requires what has a rule that starts something of a construct's stack to be in that stack, too: each would refer to the other.
 */
export function requireSameStack(construct: IConstruct, other: IConstruct): void {
  requireSameEnvironment(construct, other);
  const stack = Stack.of(construct);
  if (Stack.of(other) === stack) return;
  throw new Error(`${other.node.path} is in another stack than ${construct.node.path}, and the stacks would need each other. Define it in ${stack.node.path}.`);
}
