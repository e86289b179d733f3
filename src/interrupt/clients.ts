import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { ConfiguredRetryStrategy, isClockSkewCorrectedError, StandardRetryStrategy } from '@smithy/core/retry';

/**
 * An answer that takes longer is not worth waiting for: a machine hangs meanwhile. Without `throwOnRequestTimeout` the SDK only
 * warns about an exceeded `requestTimeout` (NodeHttpHandlerOptions).
 */
const IMPATIENT = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

export const READING = { maxAttempts: 3, requestHandler: IMPATIENT };

export const cloudWatch = new CloudWatchClient(READING);
export const dynamoDb = new DynamoDBClient(READING);
export const ec2 = new EC2Client(READING);
export const ssm = new SSMClient(READING);

type Refresh = StandardRetryStrategy['refreshRetryTokenForRetry'];

/** Tries again only what EC2 has turned away unread: too many requests, or a signature of the wrong time. */
class OnlyTurnedAway extends ConfiguredRetryStrategy {
  public refreshRetryTokenForRetry(...[token, info]: Parameters<Refresh>): ReturnType<Refresh> {
    if (info.errorType !== 'THROTTLING' && !(info.error && isClockSkewCorrectedError(info.error))) {
      throw new Error('The answer does not exclude that the interrupt was sent.');
    }
    return super.refreshRetryTokenForRetry(token, info);
  }
}

/**
 * The one client that changes an instance. An interrupt whose answer was lost may have arrived, and a second one would hit the
 * kernel that is writing the dump. It shares the connection over which the evidence just came.
 */
export const ec2Sender = new EC2Client({ requestHandler: ec2.config.requestHandler, retryStrategy: new OnlyTurnedAway(4, 200) });
