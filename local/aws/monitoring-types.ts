import type { ResourceRequest, ResourceResult, Services } from './resource-types';

const QUEUE_PROPERTIES = ['QueueName', 'MessageRetentionPeriod', 'SqsManagedSseEnabled', 'VisibilityTimeout', 'Tags'];
const TOPIC_PROPERTIES = ['TopicName', 'DisplayName', 'Tags', 'KmsMasterKeyId'];

/** How the resources of CloudWatch, EventBridge, SQS and SNS come to be, by type. */
export const MONITORING_TYPES: Record<string, (request: ResourceRequest, aws: Services) => ResourceResult> = {
  'AWS::CloudWatch::Alarm': ({ properties, physicalName }, { cloudwatch }) => {
    const alarm = cloudwatch.createAlarm({ AlarmName: physicalName, ...properties as any });
    return { ref: alarm.name, attributes: { Arn: alarm.arn } };
  },
  'AWS::CloudWatch::CompositeAlarm': ({ properties, physicalName }, { cloudwatch }) => {
    const alarm = cloudwatch.createCompositeAlarm({ AlarmName: physicalName, ...properties as any });
    return { ref: alarm.name, attributes: { Arn: alarm.arn } };
  },
  'AWS::Events::Rule': ({ properties, physicalName }, { events }) => {
    const rule = events.createRule({ Name: physicalName, ...properties as any });
    return { ref: rule.properties.Name, attributes: { Arn: rule.arn } };
  },
  'AWS::SQS::Queue': ({ logicalId, properties, physicalName }, { queues }) => {
    refuseOthers(`Queue ${logicalId}`, properties, QUEUE_PROPERTIES);
    const queue = queues.createQueue(properties.QueueName ?? physicalName);
    return { ref: queue.url, attributes: { Arn: queue.arn, QueueName: queue.name, QueueUrl: queue.url } };
  },
  'AWS::SQS::QueuePolicy': ({ logicalId, properties }, { queues }) => {
    for (const queue of properties.Queues) queues.get(queue).attach(properties.PolicyDocument);
    return { ref: logicalId, attributes: {} };
  },
  'AWS::SNS::TopicPolicy': ({ logicalId, properties }, { queues }) => {
    for (const topic of properties.Topics) queues.get(topic).attach(properties.PolicyDocument);
    return { ref: logicalId, attributes: {} };
  },
  'AWS::SNS::Topic': ({ logicalId, properties, physicalName }, { queues }) => {
    refuseOthers(`Topic ${logicalId}`, properties, TOPIC_PROPERTIES);
    const topic = queues.createTopic(properties.TopicName ?? physicalName);
    return { ref: topic.arn, attributes: { TopicArn: topic.arn, TopicName: topic.name } };
  },
};

function refuseOthers(what: string, given: object, played: string[]): void {
  const others = Object.keys(given).filter(name => !played.includes(name));
  if (others.length) throw new Error(`${what} has ${others.join(', ')}, which the local stand does not play; it plays ${played.join(', ')}.`);
}
