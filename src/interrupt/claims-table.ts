import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/**
 * Defines the table that interrupts are claimed in (claim.ts). Nothing in it counts for longer than the cooldown and the window of the
 * circuit breaker.
 */
export function claimsTable(scope: Construct, encryptionKey?: IKey): Table {
  return new Table(scope, 'Claims', {
    partitionKey: { name: 'kind', type: AttributeType.STRING },
    sortKey: { name: 'name', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    encryption: encryptionKey ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.DEFAULT,
    encryptionKey,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
