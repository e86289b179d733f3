import { arn, REGION } from './account';
import { AwsError } from './aws-error';
import { EventBridge } from './event-bridge';
import { listOf, Operations } from './operation';
import { Queues } from './queues';

/** "Array Members: Minimum number of 1 item. Maximum number of 10 items." (PutEvents) */
const MOST_ENTRIES = 10;

/** SNS: what is published to a topic stays with it, see Queues. */
export function topicOperations(queues: Queues): Operations {
  return {
    Publish: {
      params: ['TopicArn', 'Subject', 'Message'],
      needs: ({ TopicArn }) => [{ action: 'sns:Publish', resource: String(TopicArn) }],
      run: ({ TopicArn, Subject, Message }) => {
        // "Constraints: Subjects must be ASCII text with no line breaks or control characters, and less than 100 characters long."
        if (Subject !== undefined && !/^[\x20-\x7e]{1,99}$/.test(Subject)) throw new AwsError('InvalidParameter', 'Invalid parameter: Subject');
        if (!Message || Buffer.byteLength(Message) > 256 * 1024) throw new AwsError('InvalidParameter', 'Invalid parameter: Message');
        if (!queues.has(TopicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
        queues.deliver(TopicArn, Message, { Subject: Subject ?? '' });
        return { MessageId: crypto.randomUUID() };
      },
    },
  };
}

/** EventBridge's own API. */
export function busOperations(events: EventBridge): Operations {
  return {
    PutEvents: {
      params: ['Entries'],
      needs: ({ Entries }) => listOf(Entries).map(({ EventBusName = 'default', Source, DetailType }) => ({
        action: 'events:PutEvents',
        resource: String(EventBusName).startsWith('arn:') ? EventBusName : arn('events', `event-bus/${EventBusName}`),
        context: { 'events:source': [String(Source)], 'events:detail-type': [String(DetailType)] },
      })),
      run: ({ Entries }) => {
        if (listOf(Entries).length > MOST_ENTRIES) {
          throw new AwsError('ValidationException', `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to ${MOST_ENTRIES}`);
        }
        const results = listOf(Entries).map(({ Source, DetailType, Detail, Resources }) => {
          let detail: unknown;
          try {
            detail = JSON.parse(Detail);
          } catch {
            return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
          }
          if (!Source || !DetailType) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source and DetailType are required.' };
          if (String(Source).startsWith('aws.')) return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
          events.put(Source, DetailType, listOf(Resources), detail as Record<string, any>);
          return { EventId: crypto.randomUUID() };
        });
        return { FailedEntryCount: results.filter(result => 'ErrorCode' in result).length, Entries: results };
      },
    },
  };
}

/** An item of Systems Manager's OpsCenter. */
export interface OpsItem {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly severity?: string;
}

export function opsItemOperations(items: OpsItem[]): Operations {
  return {
    CreateOpsItem: {
      params: ['Title', 'Description', 'Source', 'Severity'],
      needs: () => [{ action: 'ssm:CreateOpsItem', resource: '*' }],
      run: ({ Title, Description, Source, Severity }) => {
        // Systems Manager API Reference, CreateOpsItem.
        if (!Title || Title.length > 1024 || !Source || Source.length > 128 || !Description || Description.length > 2048) {
          throw new AwsError('ValidationException', `Title, Description (1 to 2048 characters) and Source are required in ${REGION}.`);
        }
        items.push({ id: `oi-${crypto.randomUUID().slice(0, 12)}`, title: Title, description: Description, source: Source, severity: Severity });
        return { OpsItemId: items.at(-1)!.id };
      },
    },
  };
}
