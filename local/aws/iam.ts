import { randomBytes } from 'node:crypto';
import { ACCOUNT, PARTITION, REGION } from './account';
import { Permission } from './operation';
import { check, decide, PolicyDocument } from './policy';

/** The policies of AWS that roles here may have, as far as a call to the stand can need them. */
const MANAGED_POLICIES: Record<string, PolicyDocument> = {
  'service-role/AWSLambdaBasicExecutionRole': {
    Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }],
  },
  // What the agent calls under this policy goes over the stand's own agent protocol.
  'AmazonSSMManagedInstanceCore': { Statement: [] },
};

export class Role {
  readonly arn: string;
  private readonly attached = new Map<string, PolicyDocument>();

  constructor(readonly name: string, private readonly trust: PolicyDocument) {
    check(trust);
    this.arn = `arn:${PARTITION}:iam::${ACCOUNT}:role/${name}`;
  }

  get policies(): PolicyDocument[] {
    return [...this.attached.values()];
  }

  attach(name: string, policy: PolicyDocument): void {
    check(policy);
    this.attached.set(name, policy);
  }

  attachManaged(policyArn: string): void {
    const name = policyArn.split(':policy/')[1];
    const policy = MANAGED_POLICIES[name];
    if (!policy) {
      throw new Error(`Role ${this.name} has the managed policy ${policyArn}, whose statements the local stand does not know. `
        + 'Add them to MANAGED_POLICIES in local/aws/iam.ts.');
    }
    this.attach(name, policy);
  }

  /** Whether a service, such as `lambda.amazonaws.com`, may act as this role, on behalf of a resource. */
  trusts(service: string, sourceArn?: string): boolean {
    const context = { 'aws:SourceAccount': ACCOUNT, ...sourceArn && { 'aws:SourceArn': sourceArn } };
    return decide([this.trust], { action: 'sts:AssumeRole', resource: this.arn, service, context }).allowed;
  }
}

/** Who makes a call. Without a role it is the developer at the keyboard, who may do everything. */
export interface Principal {
  readonly arn: string;
  readonly role?: Role;
}

/** A permission that the caller does not have, in the words that all services share; each service has its own error code for it. */
export class AccessDenied extends Error {}

export class Iam {
  readonly roles = new Map<string, Role>();
  private readonly sessions = new Map<string, Principal>();
  private readonly secrets = new Map<string, string>();

  roleByArn(roleArn: string): Role | undefined {
    return [...this.roles.values()].find(role => role.arn === roleArn);
  }

  /** Credentials of a role's session, as the environment variables that every AWS SDK reads. */
  issueCredentials(role: Role, session: string): Record<string, string> {
    const accessKeyId = 'ASIA' + randomBytes(8).toString('hex').toUpperCase();
    this.sessions.set(accessKeyId, { arn: `arn:${PARTITION}:sts::${ACCOUNT}:assumed-role/${role.name}/${session}`, role });
    const secret = randomBytes(20).toString('base64');
    this.secrets.set(accessKeyId, secret);
    return {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_SESSION_TOKEN: randomBytes(48).toString('base64'),
    };
  }

  /** The secret of a key that was issued here; any other one signs by its own name, as the operator of the stand does. */
  secretOf(accessKeyId: string): string {
    return this.secrets.get(accessKeyId) ?? accessKeyId;
  }

  /** Signatures of headers are not verified: nobody else is on this endpoint. A key that was not issued here is the developer's own. */
  principal(accessKeyId: string): Principal {
    return this.sessions.get(accessKeyId) ?? { arn: `arn:${PARTITION}:iam::${ACCOUNT}:user/developer` };
  }

  authorize(principal: Principal, permissions: Permission[]): void {
    if (!principal.role) return;
    for (const { action, resource, context } of permissions) {
      const decision = decide(principal.role.policies, {
        action,
        resource, // '*' for an action without resource types: only a statement on all resources has it
        context: {
          'aws:PrincipalArn': principal.role.arn,
          'aws:PrincipalAccount': ACCOUNT,
          'aws:RequestedRegion': REGION,
          'aws:SecureTransport': 'true', // it would be, against AWS
          'ec2:Region': REGION,
          ...context,
        },
      });
      if (!decision.allowed) {
        throw new AccessDenied(`User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${decision.explicit
          ? 'with an explicit deny in an identity-based policy' : `because no identity-based policy allows the ${action} action`}`);
      }
    }
  }
}
