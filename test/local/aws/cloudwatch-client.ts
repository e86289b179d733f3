import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { Role } from '../../../local/aws/iam';
import { Statement } from '../../../local/aws/policy';

export const TIMEOUT = 10_000;

/** A client of CloudWatch's with a role that may do what the statements say. */
export function credentialsFor(local: LocalAws, ...statements: Statement[]) {
  const role = trusting('caller');
  role.attach('statements', { Statement: statements });
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = local.iam.issueCredentials(role, 'test');
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** A function that answers the event that it is given; who may invoke it, `permissions` of the result say. */
export function echoFunction(local: LocalAws, name: string) {
  const directory = mkdtempSync(join(tmpdir(), 'echo-'));
  writeFileSync(join(directory, 'index.js'), 'exports.handler = async event => event;');
  const { arn } = local.lambda.create({
    name,
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    codeDirectory: directory,
    timeoutSeconds: 10,
    memoryMiB: 128,
    logGroup: `/aws/lambda/${name}`,
    logFormat: 'Text',
    variables: {},
  }, trusting(name));
  const allow = (service: string, sourceArn: string) => local.lambda.get(name).permissions.push({
    Effect: 'Allow', Principal: { Service: service }, Action: 'lambda:InvokeFunction', Resource: arn, Condition: { ArnLike: { 'aws:SourceArn': sourceArn } },
  });
  const events = (): any[] => local.invocations.filter(({ functionName }) => functionName === name).map(({ event }) => event);
  return { arn, allow, events, remove: () => rmSync(directory, { recursive: true }) };
}

function trusting(name: string): Role {
  return new Role(name, { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } });
}
