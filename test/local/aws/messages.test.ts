import { LocalAws } from '../../../local/aws/aws-endpoint';
import { busOperations, topicOperations } from '../../../local/aws/messages';

let local: LocalAws;
beforeEach(() => {
  local = new LocalAws();
});
afterEach(() => local.close());

test('what is published stays with the topic', async () => {
  const topic = local.queues.createTopic('ours');
  const { Publish } = topicOperations(local.queues);
  await Publish.run({ TopicArn: topic.arn, Subject: 'a', Message: 'b' });
  expect(topic.messages).toMatchObject([{ body: 'b', attributes: { Subject: 'a' } }]);
  expect(() => Publish.run({ TopicArn: topic.arn, Subject: 'two\nlines', Message: 'b' })).toThrow('Subject');
  expect(() => Publish.run({ TopicArn: `${topic.arn}x`, Message: 'b' })).toThrow('Topic does not exist');
  expect(() => Publish.run({ TopicArn: topic.arn, Message: 'x'.repeat(256 * 1024 + 1) })).toThrow('Message');
});

test('an event of one\'s own goes to the bus; one that is none is counted as failed', async () => {
  const { PutEvents } = busOperations(local.events);
  const entry = { Source: 'mine', DetailType: 'Something', Detail: '{"a":1}' };
  expect(await PutEvents.run({ Entries: [entry, { ...entry, Detail: 'no' }, { ...entry, Source: 'aws.ec2' }] })).toMatchObject({
    FailedEntryCount: 2, Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'MalformedDetail' }, { ErrorCode: 'NotAuthorizedForSourceException' }],
  });
  expect(local.events.published).toMatchObject([{ source: 'mine', detail: { a: 1 } }]);
  expect(PutEvents.needs({ Entries: [entry] })).toEqual([{
    action: 'events:PutEvents',
    resource: 'arn:aws:events:us-east-1:123456789012:event-bus/default',
    context: { 'events:source': ['mine'], 'events:detail-type': ['Something'] },
  }]);
  expect(() => PutEvents.run({ Entries: Array(11).fill(entry) })).toThrow('less than or equal to 10');
});

test('an OpsItem is kept; one without a description is refused', async () => {
  const { CreateOpsItem } = local.ssm.operations;
  await CreateOpsItem.run({ Title: 'a', Description: 'b', Source: 'c', Severity: '2' });
  expect(local.ssm.opsItems).toMatchObject([{ title: 'a', description: 'b', source: 'c', severity: '2' }]);
  expect(() => CreateOpsItem.run({ Title: 'a', Source: 'c' })).toThrow('Description');
  expect(() => CreateOpsItem.run({ Title: 'a', Description: 'x'.repeat(2049), Source: 'c' })).toThrow('Description');
});
