import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';

const DEVELOPER = { accessKeyId: 'AKIADEVELOPER', secretAccessKey: 'secret' };

/** The SDK's clients against an endpoint; each answers once, so that an error is seen as it came. */
export function sdk(endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string } = DEVELOPER) {
  const config = { endpoint, credentials, region: 'us-east-1', maxAttempts: 1 };
  const clients = {
    ec2: new EC2Client(config),
    ssm: new SSMClient(config),
    cloudwatch: new CloudWatchClient(config),
    dynamodb: new DynamoDBClient(config),
  };
  return { ...clients, destroy: () => Object.values(clients).forEach(client => client.destroy()) };
}

/** Every AWS CLI on the PATH: its versions speak different protocols. */
export const AWS_CLIS = [...new Set((process.env.PATH ?? '').split(delimiter).flatMap(directory => {
  try {
    const file = realpathSync(join(directory, 'aws'));
    accessSync(file, constants.X_OK);
    return [file];
  } catch {
    return [];
  }
}))];

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function aws(cli: string, endpoint: string, ...args: string[]): Promise<CliResult> {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: DEVELOPER.accessKeyId,
    AWS_SECRET_ACCESS_KEY: DEVELOPER.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_DEFAULT_OUTPUT: 'json',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  return new Promise(resolve => execFile(cli, [...args, '--endpoint-url', endpoint], { env }, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, stdout, stderr })));
}
