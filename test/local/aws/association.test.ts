import { DescribeAssociationCommand } from '@aws-sdk/client-ssm';
import { sdk } from './clients';
import { MemoryMachine } from './memory-machine';
import { LocalAws } from '../../../local/aws/aws-endpoint';
import { RUN_SHELL_SCRIPT } from '../../../local/aws/command-document';
import { Role } from '../../../local/aws/iam';

let local: LocalAws;
let endpoint: string;

beforeEach(async () => {
  local = new LocalAws();
  endpoint = await local.listen();
});
afterEach(() => local.close());

const FLEET = ['i-0123456789abcdef0', 'i-0123456789abcdef1', 'i-0123456789abcdef2'];

function associate() {
  FLEET.forEach(id => local.launch(new MemoryMachine(id)));
  return local.ssm.stateManager.create({ name: 'Kdump', document: RUN_SHELL_SCRIPT, targets: [{ Key: 'InstanceIds', Values: FLEET }] });
}

function as(resource: string) {
  const role = new Role('Interrupter', { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } });
  role.attach('Policy', { Statement: { Effect: 'Allow', Action: 'ssm:DescribeAssociation', Resource: resource } });
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = local.iam.issueCredentials(role, 'session');
  return sdk(endpoint, { accessKeyId, secretAccessKey });
}

test('counts the instances of an association by their status, for who may read that association', async () => {
  const association = associate();
  association.statuses.set(FLEET[0], { Status: 'Success', DetailedStatus: 'Success' });
  association.statuses.set(FLEET[1], { Status: 'Failed', DetailedStatus: 'Failed' });
  const clients = as(`arn:aws:ssm:us-east-1:123456789012:association/${association.id}`);
  const { AssociationDescription } = await clients.ssm.send(new DescribeAssociationCommand({ AssociationId: association.id }));
  clients.destroy();
  expect(AssociationDescription).toMatchObject({
    AssociationId: association.id,
    AssociationName: 'Kdump',
    Overview: { Status: 'Failed', DetailedStatus: 'Failed', AssociationStatusAggregatedCount: { Success: 1, Failed: 1, Pending: 1 } },
  });
});

test('refuses who may read another association only, and fails on one that is not there', async () => {
  const { id: AssociationId } = associate();
  const clients = as('arn:aws:ssm:us-east-1:123456789012:association/other');
  await expect(clients.ssm.send(new DescribeAssociationCommand({ AssociationId }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(clients.ssm.send(new DescribeAssociationCommand({ AssociationId: 'other' }))).rejects.toMatchObject({ name: 'AssociationDoesNotExist' });
  clients.destroy();
});
