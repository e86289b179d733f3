import { Duration, Stack } from 'aws-cdk-lib';
import { IInstanceRef } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  CrashDumpBucket, CrashDumpResponse, DiagnosticInterrupt, DumpContents, KdumpAssociation, KdumpTargets, UnresponsiveAlarm,
} from '../../src';

export interface BringYourOwnStackProps {
  /** The instance, whoever defines it. */
  readonly instance: IInstanceRef;

  /** Encrypts dumps and reports. */
  readonly key: IKey;

  /** The name of the role of the function that sends the interrupt; it trusts `lambda.amazonaws.com` and gets the permissions that it needs. */
  readonly roleName: string;

  /** Who is told. */
  readonly topic: ITopic;
}

export class BringYourOwnStack extends Stack {
  constructor(scope: Construct, id: string, { instance, key, roleName, topic }: BringYourOwnStackProps) {
    super(scope, id);

    const kdump = new KdumpAssociation(this, 'Kdump', { targets: KdumpTargets.instance(instance) });
    // By its name: a role of another stack would have to refer to what this stack defines.
    const role = Role.fromRoleName(this, 'Role', roleName);
    const interrupt = new DiagnosticInterrupt(this, 'Interrupt', { kdump, role, encryptionKey: key });
    const response = new CrashDumpResponse(this, 'Response', {
      interrupt,
      contents: DumpContents.KERNEL_LOG_AND_VMCORE,
      bucket: new CrashDumpBucket(this, 'Dumps', { encryptionKey: key, expiration: Duration.days(30) }),
      topic,
      encryptionKey: key,
    });
    response.addAlarm(new UnresponsiveAlarm(this, 'Unresponsive', { instance }));
  }
}
