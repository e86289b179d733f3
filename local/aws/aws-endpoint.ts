import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { Alarm } from './alarm';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { CloudWatch } from './cloudwatch';
import { DeployOptions, Deployment } from './deployment';
import { DynamoDb } from './dynamodb';
import { Ec2 } from './ec2';
import { AccessDenied, Iam } from './iam';
import { Instance } from './instance';
import { Invocation, Lambda } from './lambda';
import { Machine } from './machine';
import { ForwardedAnswer, isTrue, Operations, Params } from './operation';
import { readCall } from './protocols/read-call';
import { WireAnswer, WireCall } from './protocols/wire';
import { Ssm } from './ssm';

export interface LocalAwsOptions {
  /** How long one of AWS's minutes takes here. @default 5000 */
  readonly minuteMs?: number;
  /** Takes a line for everything that happens. @default - nothing is written */
  readonly log?: (line: string) => void;
}

/** A call that somebody made to a service. */
export interface RecordedCall {
  readonly time: Date;
  /** The ARN of the caller. */
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  readonly params: Params;
  readonly status: number;
  /** The error code of a call that failed. */
  readonly error?: string;
  readonly output?: object;
}

/** How each service words a permission that is missing. */
const DENIED: Record<string, (message: string) => AwsError> = {
  ec2: message => new AwsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${message}`, 403),
  ssm: message => new AwsError('AccessDeniedException', message, 400),
  monitoring: message => new AwsError('AccessDenied', message, 403),
  lambda: message => new AwsError('AccessDeniedException', message, 403),
  dynamodb: message => new AwsError('AccessDeniedException', message, 400),
};

/**
 * AWS in one process: the calls of EC2, Systems Manager, CloudWatch and Lambda that this project makes, over their real protocols,
 * for the real SDK clients and the AWS CLI (`AWS_ENDPOINT_URL`). It does what is documented, and answers everything else as an error.
 */
export class LocalAws {
  readonly calls: RecordedCall[] = [];
  readonly clock: Clock;
  readonly iam = new Iam();
  readonly ec2: Ec2;
  readonly ssm: Ssm;
  readonly lambda: Lambda;
  readonly cloudwatch: CloudWatch;
  readonly dynamodb: DynamoDb;
  private readonly server: Server;
  private readonly services: Record<string, Operations>;
  private readonly directories: string[] = [];
  private readonly log: (line: string) => void;

  constructor(options: LocalAwsOptions = {}) {
    this.log = options.log ?? (() => {});
    this.clock = new Clock(options.minuteMs ?? 5000);
    this.ec2 = new Ec2(this.clock, this.log);
    this.ssm = new Ssm(this.clock, this.ec2, this.iam, this.log);
    this.lambda = new Lambda(this.clock, this.iam, () => `http://127.0.0.1:${this.port}`);
    this.cloudwatch = new CloudWatch(this.clock, this.lambda, () => this.ec2.instances.values(), this.log);
    this.dynamodb = new DynamoDb(this.log);
    this.services = {
      ec2: this.ec2.operations,
      ssm: this.ssm.operations,
      monitoring: this.cloudwatch.operations,
      lambda: this.lambda.operations,
      dynamodb: this.dynamodb.operations,
    };
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  /** Starts to listen on a free port and answers the URL. */
  async listen(host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => this.server.once('error', reject).listen(0, host, resolve));
    return `http://${host}:${this.port}`;
  }

  get port(): number {
    const address = this.server.address() as AddressInfo | null;
    if (!address) throw new Error('The local AWS does not listen yet; call listen() first.');
    return address.port;
  }

  /** An instance that no template has. */
  launch(machine: Machine): Instance {
    return this.ec2.launch(machine);
  }

  /** Carries out a stack of a cloud assembly as `cdk synth` wrote it. */
  deploy(cloudAssembly: string, stackName: string, options: DeployOptions = {}): Deployment {
    const { ec2, iam, lambda, cloudwatch, ssm, dynamodb, log } = this;
    return new Deployment(cloudAssembly, stackName, options, {
      ec2, iam, lambda, cloudwatch, ssm, dynamodb, log, temporary: directory => this.directories.push(directory),
    });
  }

  alarm(name: string): Alarm {
    const alarm = this.cloudwatch.alarms.get(name);
    if (!alarm) throw new Error(`There is no alarm '${name}'; there are ${[...this.cloudwatch.alarms.keys()].join(', ') || 'none'}.`);
    return alarm;
  }

  get invocations(): Invocation[] {
    return this.lambda.invocations;
  }

  /** Waits until a condition gives something, and answers that. */
  async waitFor<T>(what: string, condition: () => T | undefined | false | null, timeoutMs: number): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const value = condition();
      if (value) return value;
      if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** Ends everything: no process, timer or connection is left. */
  async close(): Promise<void> {
    this.clock.close();
    await this.lambda.close();
    if (this.server.listening) {
      const closed = new Promise(resolve => this.server.close(resolve));
      this.server.closeAllConnections();
      await closed;
    }
    await this.dynamodb.close();
    for (const directory of this.directories) rmSync(directory, { recursive: true, force: true });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the caller hung up
    }
    const body = Buffer.concat(chunks);
    if (request.url?.startsWith('/agent/')) return this.ssm.agents.handle(request, body, response);
    const { status, headers, body: answer } = await this.answer(request, body).catch((error: Error) => {
      this.log(`aws: ${request.method} ${request.url} cannot be read: ${error.message}`);
      return { status: 400, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ __type: 'SerializationException', message: error.message }) };
    });
    response.writeHead(status, headers).end(answer);
  }

  private async answer(request: IncomingMessage, body: Buffer): Promise<WireAnswer> {
    const requestId = randomUUID();
    const [, accessKeyId, service] = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? '') ?? [];
    if (!this.services[service]) {
      const [code, message] = service
        ? ['UnrecognizedClientException', `The local stand plays ${Object.keys(this.services).join(', ')}; this call was signed for ${service}.`]
        : ['MissingAuthenticationToken', 'Request is missing Authentication Token'];
      this.log(`aws: ${code}: ${request.method} ${request.url}: ${message}`);
      return { status: 403, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ __type: code, message }) };
    }
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const wireRequest = { method: request.method ?? '', path, headers: request.headers, body, service };
    const call = readCall(wireRequest);
    const principal = this.iam.principal(accessKeyId);
    const seen = { time: new Date(), caller: principal.arn, service, action: call.action, params: call.params };
    try {
      const operation = Object.hasOwn(this.services[service], call.action) ? this.services[service][call.action] : undefined;
      if (!operation) throw unknownAction(call, service);
      const unplayed = operation.params === 'any' ? [] : Object.keys(call.params).filter(name => !operation.params.includes(name) && !(service === 'ec2' && name === 'DryRun'));
      if (unplayed.length) {
        throw new AwsError('ValidationException', `The local stand does not play ${unplayed.join(', ')} of ${call.action}; it plays ${[operation.params].flat().join(', ')}.`);
      }
      const permissions = operation.needs(call.params);
      try {
        this.iam.authorize(principal, permissions);
      } catch (error) {
        throw error instanceof AccessDenied ? DENIED[service](error.message) : error;
      }
      if (service === 'ec2' && isTrue(call.params.DryRun)) {
        throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
      }
      const output = await operation.run(call.params, wireRequest);
      if (output instanceof ForwardedAnswer) {
        this.record({ ...seen, status: output.wire.status, output: output.output, error: output.error });
        return output.wire;
      }
      this.record({ ...seen, status: 200, output });
      return call.answer(output, requestId);
    } catch (error) {
      const fault = error instanceof AwsError ? error
        : new AwsError(service === 'ec2' ? 'InternalError' : 'InternalServerError', `The local stand failed: ${(error as Error).stack}`, 500);
      this.record({ ...seen, status: fault.status, error: fault.code });
      return call.fail(fault, requestId);
    }
  }

  private record(call: RecordedCall): void {
    this.calls.push(call);
    this.log(`aws: ${call.caller.split(':').pop()} ${call.service}:${call.action} -> ${call.error ?? call.status}`);
  }
}

function unknownAction({ action, unknownAction: { code, status } }: WireCall, service: string): AwsError {
  return new AwsError(code, code === 'InvalidAction'
    ? `The action ${action} is not valid for this web service.`
    : `The local stand does not play ${service}:${action}.`, status);
}
