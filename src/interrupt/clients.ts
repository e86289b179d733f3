import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';

/**
 * An answer that takes longer is not worth waiting for: a machine hangs meanwhile. Without `throwOnRequestTimeout` the SDK only
 * warns about an exceeded `requestTimeout` (NodeHttpHandlerOptions).
 */
const IMPATIENT = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

const READING = { maxAttempts: 3, requestHandler: IMPATIENT };

export const cloudWatch = new CloudWatchClient(READING);
export const ec2 = new EC2Client(READING);
export const ssm = new SSMClient(READING);

/**
 * The one client that changes anything. It never tries twice on its own: an interrupt whose answer was lost may have arrived, and
 * a second one would hit the kernel that is writing the dump. It shares the connection over which the evidence just came.
 */
export const ec2Sender = new EC2Client({ maxAttempts: 1, requestHandler: ec2.config.requestHandler });
