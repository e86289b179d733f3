import { randomInt } from 'node:crypto';
import { arn, REGION } from './account';
import { AwsError } from './aws-error';
import { keyValues } from './dynamodb-keys';
import { MotoEmulator, EmulatorAnswer } from './moto-emulator';
import { ForwardedAnswer, Operation, Operations, Params, Permission } from './operation';
import { WireRequest } from './protocols/wire';

/** "A client request token is valid for 10 minutes after the first request that uses it is completed" (TransactWriteItems). */
const TOKEN_MS = 10 * 60_000;
/** Each part of a TransactWriteItems takes the permission of the action that it is. */
const TRANSACTION_ACTIONS: Record<string, string> = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem' };
const ONE_TABLE = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'DescribeTable', 'DescribeTimeToLive'];
/** Properties of a table that make no difference to who calls it. */
const NOTED = ['SSESpecification', 'PointInTimeRecoverySpecification', 'DeletionProtectionEnabled', 'Tags', 'Replicas', 'TableClass'];
const CREATED = ['KeySchema', 'AttributeDefinitions', 'BillingMode', 'ProvisionedThroughput', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'];

export interface TableProperties extends Record<string, any> {
  readonly TableName: string;
  readonly KeySchema: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];
}

/**
 * DynamoDB: tables of an emulator, and in front of it what that leaves out: IAM, one call at a time, and the idempotence of a
 * transaction that is sent twice. Nothing removes expired items, as DynamoDB itself may take days to do it.
 */
export class DynamoDb {
  private readonly account = String(randomInt(100_000_000_000, 999_999_999_999));
  private readonly partitionKeys = new Map<string, string>();
  private readonly tokens = new Map<string, { body: string; until: number; answer: EmulatorAnswer }>();
  private emulator?: Promise<MotoEmulator>;
  /** What has to be done before the first call: the tables. */
  private prepared: Promise<void> = Promise.resolve();

  readonly operations: Operations = {
    ...Object.fromEntries(ONE_TABLE.map(action => [action, this.operation(params => [this.permission(action, params, params)])])),
    TransactWriteItems: this.operation(({ TransactItems = [] }) => TransactItems.flatMap((item: Params) =>
      Object.entries(item).map(([kind, part]) => this.permission(TRANSACTION_ACTIONS[kind] ?? kind, part, part, 'TransactWriteItems')))),
  };

  constructor(private readonly log: (line: string) => void) {}

  /** Creates a table before the next call is answered, and answers its ARN. */
  createTable(properties: TableProperties): string {
    const { TableName, KeySchema, TimeToLiveSpecification } = properties;
    const strange = Object.keys(properties).filter(name => ![...NOTED, ...CREATED, 'TableName', 'TimeToLiveSpecification'].includes(name));
    if (strange.length) throw new Error(`Table ${TableName} has ${strange.join(', ')}, which the local stand does not play. Add it in local/aws/dynamodb.ts.`);
    const partitionKey = KeySchema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
    if (!partitionKey) throw new Error(`Table ${TableName} must have a key of type HASH in its KeySchema, got ${JSON.stringify(KeySchema)}.`);
    if (this.partitionKeys.has(TableName)) throw new Error(`Table ${TableName} exists already.`);
    this.partitionKeys.set(TableName, partitionKey);
    const noted = NOTED.filter(name => properties[name] !== undefined);
    if (noted.length) this.log(`dynamodb: table ${TableName} has ${noted.join(', ')}, which changes nothing here`);
    const given = CREATED.filter(name => properties[name] !== undefined).map(name => [name, properties[name]]);
    this.prepared = this.prepared.then(async () => {
      await this.administer('CreateTable', { TableName, ...Object.fromEntries(given) });
      if (TimeToLiveSpecification) await this.administer('UpdateTimeToLive', { TableName, TimeToLiveSpecification });
    });
    this.prepared.catch(() => {}); // the calls that wait for it tell
    return arn('dynamodb', `table/${TableName}`);
  }

  /** The process that has the tables; there is none before the first table or call. */
  async emulatorPid(): Promise<number | undefined> {
    return (await this.emulator)?.pid;
  }

  /** When every table is there. A call that comes before waits for it, longer than its caller may be willing to. */
  ready(): Promise<void> {
    return this.prepared;
  }

  async close(): Promise<void> {
    await this.prepared.catch(() => {});
    if (this.emulator) await MotoEmulator.release();
    this.emulator = undefined;
  }

  private operation(needs: Operation['needs']): Operation {
    return { params: 'any', needs, run: (params, request) => this.forward(params, request!) };
  }

  private permission(action: string, { TableName, IndexName }: Params, params: Params, enclosing?: string): Permission {
    const name = String(TableName).split('table/').pop()!;
    const leading = keyValues(params, this.partitionKeys.get(name));
    return {
      action: `dynamodb:${action}`,
      resource: arn('dynamodb', `table/${name}${IndexName === undefined ? '' : `/index/${IndexName}`}`),
      context: {
        ...leading.length ? { 'dynamodb:LeadingKeys': leading } : {},
        ...enclosing ? { 'dynamodb:EnclosingOperation': enclosing } : {},
      },
    };
  }

  private async forward({ ClientRequestToken: token }: Params, { headers, body }: WireRequest): Promise<ForwardedAnswer> {
    await this.prepared;
    const emulator = await (this.emulator ??= MotoEmulator.acquire());
    return emulator.alone(async () => {
      const before = this.tokens.get(token);
      const again = before && before.until > Date.now();
      if (again && before.body !== body.toString()) {
        throw new AwsError('IdempotentParameterMismatchException', 'The request uses the same client token as a previous, but non-identical request.');
      }
      const answer = again ? before.answer : await emulator.send(this.account, headers, body);
      if (token !== undefined && answer.status === 200 && !again) {
        this.tokens.set(token, { body: body.toString(), until: Date.now() + TOKEN_MS, answer });
      }
      return forwarded(answer);
    });
  }

  private async administer(action: string, params: object): Promise<void> {
    const emulator = await (this.emulator ??= MotoEmulator.acquire());
    const { status, body } = await emulator.alone(() => emulator.send(this.account, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
      'authorization': `AWS4-HMAC-SHA256 Credential=AKIALOCAL/20260101/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
    }, JSON.stringify(params)));
    if (status !== 200) throw new Error(`${action} failed: ${body}`);
  }
}

/** The answer byte for byte; what it says is read for the record only. */
function forwarded({ status, headers, body }: EmulatorAnswer): ForwardedAnswer {
  const kept = ['content-type', 'x-amz-crc32', 'x-amzn-requestid'].filter(name => headers[name] !== undefined);
  const output = JSON.parse(body.toString() || '{}');
  return new ForwardedAnswer(
    { status, headers: Object.fromEntries(kept.map(name => [name, String(headers[name])])), body },
    output,
    status === 200 ? undefined : String(output.__type).split('#').pop(),
  );
}
