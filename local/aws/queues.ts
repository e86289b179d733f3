import { ACCOUNT, arn as arnOf, REGION, URL_SUFFIX } from './account';
import { ServiceSource } from './lambda';
import { check, decide, PolicyDocument } from './policy';

export interface QueuedMessage {
  readonly time: Date;
  readonly body: string;
  readonly attributes: Record<string, string>;
}

/** A queue of SQS or a topic of SNS, as far as it is the place where a failed event ends: what is sent to it stays in memory. */
export class Queue {
  readonly messages: QueuedMessage[] = [];
  readonly policies: PolicyDocument[] = [];

  constructor(readonly name: string, readonly arn: string) {}

  /** As the template's Ref gives it. */
  get url(): string {
    return `https://sqs.${REGION}.${URL_SUFFIX}/${ACCOUNT}/${this.name}`;
  }

  attach(policy: PolicyDocument): void {
    check(policy);
    this.policies.push(policy);
  }
}

/** The dead-letter queues and failure destinations. Nobody can receive from them over the API; a test reads `messages`. */
export class Queues {
  private readonly all = new Map<string, Queue>();

  createQueue(name: string): Queue {
    return this.add(new Queue(name, arnOf('sqs', name)));
  }

  createTopic(name: string): Queue {
    return this.add(new Queue(name, arnOf('sns', name)));
  }

  get topics(): Queue[] {
    return [...this.all.values()].filter(({ arn }) => arn.includes(':sns:'));
  }

  /** Whether there is one of this ARN. */
  has(queueArn: string): boolean {
    return this.all.has(queueArn);
  }

  /** The queue of an ARN, a URL or a name. */
  get(id: string): Queue {
    const found = this.find(id);
    if (!found) throw new Error(`There is no queue or topic '${id}'; there are ${[...this.all.keys()].join(', ') || 'none'}.`);
    return found;
  }

  /**
   * Sends a message; answers why not when it cannot be. A service that sends on its own account gives its source, which the queue's
   * policy must allow; one that sends with a role's permissions has checked `sqs:SendMessage` or `sns:Publish` before.
   */
  deliver(queueArn: string, body: string, attributes: Record<string, string> = {}, source?: ServiceSource): string | undefined {
    const queue = this.all.get(queueArn);
    if (!queue) return `there is no queue or topic ${queueArn}`;
    if (source) {
      const action = queueArn.includes(':sns:') ? 'sns:Publish' : 'sqs:SendMessage';
      const context = { 'aws:SourceArn': source.arn, 'aws:SourceAccount': source.account, 'aws:SecureTransport': 'true' };
      if (!decide(queue.policies, { action, resource: queueArn, service: source.service, context }).allowed) {
        return `no policy of ${queueArn} lets ${source.service} send to it for ${source.arn}`;
      }
    }
    queue.messages.push({ time: new Date(), body, attributes });
    return undefined;
  }

  private find(id: string): Queue | undefined {
    return this.all.get(id) ?? [...this.all.values()].find(queue => queue.url === id || queue.name === id);
  }

  private add(queue: Queue): Queue {
    if (this.all.has(queue.arn)) throw new Error(`There is a queue or topic ${queue.arn} already.`);
    this.all.set(queue.arn, queue);
    return queue;
  }
}
