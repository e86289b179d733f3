/** The account that the stand plays. */
export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

export function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

export const instanceArn = (instanceId: string) => arn('ec2', `instance/${instanceId}`);
export const functionArn = (name: string) => arn('lambda', `function:${name}`);
export const stackId = (name: string) => arn('cloudformation', `stack/${name}/local`);
export const alarmArn = (name: string) => arn('cloudwatch', `alarm:${name}`);

/** The ARN of a Command document; the documents that AWS owns have no account in it. */
export function documentArn(name: string): string {
  return name.startsWith('AWS-') ? `arn:${PARTITION}:ssm:${REGION}::document/${name}` : arn('ssm', `document/${name}`);
}
