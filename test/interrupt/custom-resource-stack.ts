import {
  ConditionalCheckFailedException, DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand, TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { SendDiagnosticInterruptCommand } from '@aws-sdk/client-ec2';
import type { Context } from 'aws-lambda';
import { awsError, dynamoDbMock, ec2Mock, sends, stackIs } from './aws-mock';
import { CustomResourceType } from '../../src/interrupt/custom-resource-type';
import { handler } from '../../src/interrupt/interrupt.lambda';

// What CloudFormation and the provider framework of the CDK do with a custom resource.

export const CONTEXT = { functionName: 'interrupt', awsRequestId: 'request-1' } as Context;
const QUERY_INTERVAL_MS = 15_000;
/** The response may have 4096 bytes, and some of them are the IDs of the resource. */
const MOST_REASON_BYTES = 3000;

export interface Response {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly reason?: string;
  readonly attributes: Record<string, string>;
  /** How often the function was asked whether it is complete. */
  readonly looks: number;
}

type Properties = Record<string, string>;
export type Event = { readonly RequestType: string; readonly [key: string]: unknown };
let requests = 0;

/** A custom resource in a stack whose other resources stay the same. */
export class StackResource {
  /** What is done before each further look. */
  public beforeLook?: () => unknown;
  private properties?: Properties;
  private failed = false;

  constructor(private readonly type: CustomResourceType, private readonly logicalId = 'Resource') {
  }

  public create(properties: Properties): Promise<Response> {
    stackIs('CREATE_IN_PROGRESS');
    return this.request('Create', properties);
  }

  /** After an update that failed it is the rollback. */
  public update(properties: Properties): Promise<Response> {
    if (this.failed) return this.rollBack(properties);
    stackIs('UPDATE_IN_PROGRESS');
    return this.request('Update', properties);
  }

  /** An update from the new properties, whether it or something else in the stack failed, to the old ones. */
  public rollBack(properties: Properties): Promise<Response> {
    stackIs('UPDATE_ROLLBACK_IN_PROGRESS');
    return this.request('Update', properties);
  }

  public delete(properties = this.properties): Promise<Response> {
    return this.request('Delete', properties ?? {});
  }

  /** The event of a request, before the framework has called the function. */
  public event(requestType: string, properties: Properties): Event {
    return {
      RequestType: requestType,
      ResponseURL: 'https://example.com/response',
      ServiceToken: 'arn:aws:lambda:eu-central-1:111122223333:function:framework',
      StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/web/8c0e7b30-0000-4000-8000-000000000000',
      RequestId: `request-${++requests}`,
      LogicalResourceId: this.logicalId,
      ResourceType: this.type,
      ...requestType === 'Create' ? {} : { PhysicalResourceId: `physical-${this.logicalId}` },
      ResourceProperties: { ServiceToken: 'arn:aws:lambda:eu-central-1:111122223333:function:framework', ServiceTimeout: '600', ...properties },
      ...requestType === 'Update' ? { OldResourceProperties: { ServiceToken: 'x', ...this.properties } } : {},
    };
  }

  private async request(requestType: string, properties: Properties): Promise<Response> {
    const response = await deliver(this.event(requestType, properties), this.beforeLook);
    // CloudFormation names the properties that failed as the old ones.
    if (requestType !== 'Delete') this.properties = properties;
    this.failed = requestType === 'Update' && response.status === 'FAILED';
    return response;
  }
}

/** As the framework handles one request. */
export async function deliver(event: Event, beforeLook?: () => unknown): Promise<Response> {
  let looks = 0;
  try {
    const merged = { ...event, ...await call(event) };
    for (;;) {
      looks++;
      const { IsComplete, Data = {} } = await call(merged);
      if (IsComplete) return { status: 'SUCCESS', attributes: Data, looks };
      expect(Data).toEqual({}); // the framework fails otherwise
      jest.setSystemTime(Date.now() + QUERY_INTERVAL_MS);
      await beforeLook?.();
    }
  } catch (error) {
    // The framework reports the stack.
    const reason = (error as Error).stack ?? '';
    expect(Buffer.byteLength(reason)).toBeLessThan(MOST_REASON_BYTES);
    expect(reason).not.toContain('\n');
    return { status: 'FAILED', reason, attributes: {}, looks };
  }
}

/** What comes and goes over the wire is JSON. */
async function call(event: { readonly RequestType: string }) {
  const over = <T>(value: T): T => JSON.parse(JSON.stringify(value));
  return over(await handler(over(event), CONTEXT));
}

type Item = Record<string, { S?: string; N?: string }>;

/** A table as far as the function uses it, whose conditions hold. */
export function tableInMemory(): Map<string, Item> {
  const items = new Map<string, Item>();
  const keyOf = (key: Item) => `${key.kind.S} ${key.name.S}`;
  const isFree = (item: Item | undefined, now?: string) => !item || (now !== undefined && Number(item.expiresAt?.N) <= Number(now));
  const failed = () => new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: { httpStatusCode: 400 } });
  const holds = (old: Item | undefined, condition: string | undefined, values: any = {}) => {
    switch (condition) {
      case undefined: return true;
      case 'attribute_not_exists(kind)': return !old;
      case 'attribute_not_exists(kind) OR expiresAt <= :now': return isFree(old, values[':now'].N);
      case 'attribute_not_exists(kind) OR attempt = :mine': return !old || old.attempt?.S === values[':mine'].S;
      case 'attempt = :mine': return old?.attempt?.S === values[':mine'].S;
      case 'attribute_not_exists(kind) OR claim = :mine': return !old || old.claim?.S === values[':mine'].S;
      case 'attribute_not_exists(kind) OR (claim = :mine AND attempts = :spent)':
        return !old || (old.claim?.S === values[':mine'].S && old.attempts?.N === values[':spent'].N);
      default: throw new Error(`the test's table does not know the condition ${condition}`);
    }
  };
  dynamoDbMock.on(PutItemCommand).callsFake(({ Item: item, ConditionExpression, ExpressionAttributeValues }) => {
    if (!holds(items.get(keyOf(item)), ConditionExpression, ExpressionAttributeValues)) throw failed();
    items.set(keyOf(item), item);
    return {};
  });
  dynamoDbMock.on(DeleteItemCommand).callsFake(({ Key, ConditionExpression, ExpressionAttributeValues }) => {
    if (!holds(items.get(keyOf(Key)), ConditionExpression, ExpressionAttributeValues)) throw failed();
    items.delete(keyOf(Key));
    return {};
  });
  dynamoDbMock.on(GetItemCommand).callsFake(({ Key }) => ({ Item: items.get(keyOf(Key)) }));
  dynamoDbMock.on(QueryCommand).callsFake(({ ExpressionAttributeValues: values }) => (
    { Items: [...items.values()].filter(({ kind }) => kind.S === values[':breaker'].S) }
  ));
  dynamoDbMock.on(TransactWriteItemsCommand).callsFake(({ TransactItems }) => {
    const codes = TransactItems.map(({ Put }: any) => (
      holds(items.get(keyOf(Put.Item)), Put.ConditionExpression, Put.ExpressionAttributeValues) ? 'None' : 'ConditionalCheckFailed'
    ));
    if (codes.some((code: string) => code !== 'None')) {
      throw new TransactionCanceledException({
        message: 'Transaction cancelled', $metadata: { httpStatusCode: 400 }, CancellationReasons: codes.map((Code: string) => ({ Code })),
      });
    }
    TransactItems.forEach(({ Put }: any) => items.set(keyOf(Put.Item), Put.Item));
    return {};
  });
  return items;
}

/** EC2 answers dry runs like this: by default, that it would have been allowed. */
export function dryRuns(answer: (instanceId: string) => Error | undefined = () => undefined) {
  ec2Mock.on(SendDiagnosticInterruptCommand, { DryRun: true }).callsFake(({ InstanceId }) => {
    throw answer(InstanceId) ?? awsError('DryRunOperation', 412);
  });
}

/** The interrupts that are none. */
export const dryRunCalls = () => sends().filter(({ args }) => args[0].input.DryRun);
/** The interrupts that hit a machine. */
export const realSends = () => sends().filter(({ args }) => !args[0].input.DryRun);
