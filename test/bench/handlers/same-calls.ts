import { randomUUID } from 'node:crypto';
import { CloudWatchClient, DescribeAlarmsCommand, ListAlarmMuteRulesCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, QueryCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeInstanceStatusCommand, DescribeInstanceTypesCommand, EC2Client, SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import { DescribeInstanceAssociationsStatusCommand, SSMClient } from '@aws-sdk/client-ssm';

const cloudWatch = new CloudWatchClient({});
const ec2 = new EC2Client({});
const ssm = new SSMClient({});
const dynamoDb = new DynamoDBClient({});

/** A handler with the bare clients and the calls that ours makes upon an alarm, in as many rounds: nothing is looked at, and nothing decided. */
export async function handler({ instanceId, alarmName }: { readonly instanceId: string; readonly alarmName: string }): Promise<object> {
  const { claims: { tableName: TableName } } = JSON.parse(process.env.INTERRUPT_POLICY!);
  const describe = async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [Reservations![0].Instances![0].InstanceType!] }));
  };
  await Promise.all([
    cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [alarmName], AlarmTypes: ['MetricAlarm'] })),
    cloudWatch.send(new ListAlarmMuteRulesCommand({ AlarmName: alarmName, Statuses: ['ACTIVE'] })),
    describe(),
    ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [instanceId], IncludeAllInstances: true })),
    ssm.send(new DescribeInstanceAssociationsStatusCommand({ InstanceId: instanceId, MaxResults: 50 })),
    dynamoDb.send(new GetItemCommand({ TableName, Key: { kind: { S: 'instance' }, name: { S: instanceId } }, ConsistentRead: true })),
    dynamoDb.send(new QueryCommand({
      TableName, KeyConditionExpression: 'kind = :breaker', ExpressionAttributeValues: { ':breaker': { S: 'breaker' } }, ConsistentRead: true,
    })),
  ]);
  const put = (kind: string, name: string) => ({
    Put: { TableName, Item: { kind: { S: kind }, name: { S: name } }, ConditionExpression: 'attribute_not_exists(kind)' },
  });
  await dynamoDb.send(new TransactWriteItemsCommand({ ClientRequestToken: randomUUID(), TransactItems: [put('instance', instanceId), put('breaker', '000')] }));
  await ec2.send(new SendDiagnosticInterruptCommand({ InstanceId: instanceId }));
  return { decision: 'interrupt', sent: true };
}
