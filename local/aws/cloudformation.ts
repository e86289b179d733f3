import { arn } from './account';
import { AwsError } from './aws-error';
import { Operations } from './operation';

/** CloudFormation, as far as a stack is asked how it is. What becomes of a stack is up to whoever plays a deployment. */
export class CloudFormation {
  /** The status of each stack, by its ID. */
  readonly statuses = new Map<string, string>();

  readonly operations: Operations = {
    DescribeStacks: {
      params: ['StackName'],
      // By a name, which one stack after another may have, the permission must be for whatever ID.
      needs: ({ StackName = '*' }) => [{
        action: 'cloudformation:DescribeStacks',
        resource: /^(arn:|\*)/.test(StackName) ? StackName : arn('cloudformation', `stack/${StackName}/*`),
      }],
      run: ({ StackName }) => {
        const stacks = [...this.statuses].map(([StackId, StackStatus]) => ({ StackId, StackName: StackId.split('/')[1], StackStatus }));
        if (StackName === undefined) return { Stacks: stacks };
        const found = stacks.filter(stack => stack.StackId === StackName || stack.StackName === StackName);
        if (found.length === 0) throw new AwsError('ValidationError', `Stack with id ${StackName} does not exist`);
        return { Stacks: found };
      },
    },
  };
}
