import { Lazy, Names } from 'aws-cdk-lib';
import { IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

// What IAM takes. The end is kept, which has a hash of the whole path.
const LONGEST_NAME = 128;

/**
 * Defines an inline policy of a role in the stack of the scope, which may be another one. The CDK names a policy by its logical ID, which stacks
 * that are made alike have in common, and the policy of one would take the place of that of the other (aws/aws-cdk issue 22478).
 */
export function rolePolicy(scope: Construct, id: string, role: IRole, statements: PolicyStatement[]): Policy {
  const policyName = Lazy.string({ produce: () => Names.nodeUniqueId(policy.node).slice(-LONGEST_NAME) });
  const policy = new Policy(scope, id, { policyName, roles: [role], statements });
  return policy;
}
