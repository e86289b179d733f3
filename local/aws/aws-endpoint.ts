import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { Alarm } from './alarm';
import { AutoScaling } from './auto-scaling';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { CloudFormation } from './cloudformation';
import { CloudWatch } from './cloudwatch';
import { DENIED } from './denied';
import { DeployOptions, Deployment } from './deployment';
import { DynamoDb } from './dynamodb';
import { Ec2 } from './ec2';
import { EventBridge } from './event-bridge';
import { Faults } from './faults';
import { AccessDenied, Iam, Principal } from './iam';
import { Instance } from './instance';
import { Invocation, Lambda, LambdaOptions } from './lambda';
import { Machine } from './machine';
import { busOperations, topicOperations } from './messages';
import { ForwardedAnswer, isTrue, Operations, Params } from './operation';
import { deliver, Delivered, refusal, signingTime, unknownAction } from './protocols/deliver';
import { readCall } from './protocols/read-call';
import { WireAnswer, WireCall, WireRequest } from './protocols/wire';
import { Queues } from './queues';
import { S3 } from './s3';
import { Ssm } from './ssm';
import { StepFunctions } from './step-functions';

export interface LocalAwsOptions {
  /** How long one of AWS's minutes takes here. @default 5000 */
  readonly minuteMs?: number;
  /** What every answer takes, in real milliseconds: the way to the region and back. @default 0 */
  readonly latencyMs?: number;
  /** How functions are run. */
  readonly lambda?: LambdaOptions;
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
  /** Of HTTP; 0 for a call that a fault swallowed. */
  readonly status: number;
  /** The fault that befell it. */
  readonly fault?: string;
  /** The error code of a call that failed. */
  readonly error?: string;
  readonly output?: object;
}

/**
 * AWS in one process: the calls of EC2, Systems Manager, CloudWatch, CloudFormation and Lambda that this project makes, over their real protocols,
 * for the real SDK clients and the AWS CLI (`AWS_ENDPOINT_URL`). It does what is documented, and answers everything else as an error.
 */
export class LocalAws {
  readonly calls: RecordedCall[] = [];
  readonly clock: Clock;
  /** Makes calls fail. */
  readonly faults = new Faults();
  readonly iam = new Iam();
  readonly ec2: Ec2;
  readonly ssm: Ssm;
  readonly autoScaling: AutoScaling;
  readonly lambda: Lambda;
  readonly cloudformation = new CloudFormation();
  readonly cloudwatch: CloudWatch;
  readonly events: EventBridge;
  readonly queues = new Queues();
  readonly dynamodb: DynamoDb;
  readonly s3: S3;
  readonly stepFunctions: StepFunctions;
  private readonly server: Server;
  private readonly services: Record<string, Operations>;
  private readonly directories: string[] = [];
  private readonly log: (line: string) => void;
  private readonly latencyMs: number;

  constructor(options: LocalAwsOptions = {}) {
    this.log = options.log ?? (() => {});
    this.latencyMs = options.latencyMs ?? 0;
    this.clock = new Clock(options.minuteMs ?? 5000);
    this.ec2 = new Ec2(this.clock, this.log);
    this.autoScaling = new AutoScaling(this.clock, this.ec2, this.log);
    this.ssm = new Ssm(this.clock, this.ec2, this.iam, this.log);
    this.lambda = new Lambda(this.clock, this.iam, () => `http://127.0.0.1:${this.port}`, options.lambda);
    this.events = new EventBridge(this.clock, this.lambda, this.iam, this.queues, this.log);
    this.cloudwatch = new CloudWatch(this.clock, this.lambda, this.events, () => this.ec2.instances.values(), this.log);
    this.ssm.agents.onMetric = (instanceId, metric) => this.cloudwatch.putFromAgent(instanceId, metric);
    this.dynamodb = new DynamoDb(this.log);
    this.s3 = new S3(this.iam);
    this.stepFunctions = new StepFunctions(this.clock, this.iam, this.events, () => this.port, this.log);
    this.events.startExecution = (...execution) => this.stepFunctions.start(...execution);
    this.services = {
      ec2: this.ec2.operations,
      ssm: this.ssm.operations,
      cloudformation: this.cloudformation.operations,
      monitoring: this.cloudwatch.operations,
      lambda: this.lambda.operations,
      dynamodb: this.dynamodb.operations,
      s3: this.s3.operations,
      states: this.stepFunctions.operations,
      autoscaling: this.autoScaling.operations,
      sns: topicOperations(this.queues),
      events: busOperations(this.events),
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
    const { ec2, autoScaling, iam, lambda, cloudwatch, events, queues, ssm, dynamodb, s3, stepFunctions, log } = this;
    const deployment = new Deployment(cloudAssembly, stackName, options, {
      ec2,
      autoScaling,
      iam,
      lambda,
      cloudwatch,
      events,
      queues,
      ssm,
      dynamodb,
      s3,
      stepFunctions,
      log,
      temporary: directory => this.directories.push(directory),
    });
    this.cloudformation.statuses.set(deployment.stackId, 'CREATE_COMPLETE');
    return deployment;
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
    await this.stepFunctions.close();
    await this.lambda.close();
    if (this.server.listening) {
      const closed = new Promise(resolve => this.server.close(resolve));
      this.server.closeAllConnections();
      await closed;
    }
    await this.dynamodb.close();
    await this.s3.close();
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
    const delivered = await this.answer(request, body).catch((error: Error): Delivered => {
      this.log(`aws: ${request.method} ${request.url} cannot be read: ${error.message}`);
      return { answer: refusal(400, 'SerializationException', error.message) };
    });
    deliver(response, delivered);
  }

  private async answer(request: IncomingMessage, body: Buffer): Promise<Delivered> {
    const requestId = randomUUID();
    const credential = request.headers.authorization ?? decodeURIComponent(request.url ?? '');
    const [, accessKeyId, service] = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(credential) ?? [];
    if (!this.services[service]) {
      const [code, message] = service
        ? ['UnrecognizedClientException', `The local stand plays ${Object.keys(this.services).join(', ')}; this call was signed for ${service}.`]
        : ['MissingAuthenticationToken', 'Request is missing Authentication Token'];
      this.log(`aws: ${code}: ${request.method} ${request.url}: ${message}`);
      return { answer: refusal(403, code, message) };
    }
    const url = request.url ?? '/';
    const path = new URL(url, 'http://localhost').pathname;
    const wireRequest = { method: request.method ?? '', path, url, headers: request.headers, body, service };
    const call = readCall(wireRequest);
    const principal = this.iam.principal(accessKeyId);
    const seen = { time: new Date(), caller: principal.arn, service, action: call.action, params: call.params };
    const faulted = { ...seen, signed: signingTime(request) };
    const fault = this.faults.take(faulted)?.parts;
    const delayMs = this.latencyMs + (fault?.delayMs ?? 0);
    if (delayMs) await new Promise(resolve => setTimeout(resolve, delayMs));
    if (this.lambda.killed(accessKeyId, seen, 'before')) {
      this.record({ ...seen, status: 0, fault: 'killed before' });
      return { delivery: 'lost' };
    }
    const date = fault?.clockAheadMs === undefined ? undefined : new Date(Date.now() + fault.clockAheadMs);
    const substitute = fault?.answer?.(call, requestId, service);
    if (substitute || fault?.carriedOut === false) {
      this.record({ ...seen, status: substitute?.status ?? 0, fault: fault!.name });
      return { answer: substitute, delivery: fault!.delivery };
    }
    const answer = await this.carryOut(call, wireRequest, principal, requestId, { ...seen, fault: fault?.name }, fault?.error?.(faulted));
    if (this.lambda.killed(accessKeyId, seen, 'after')) return { delivery: 'lost' };
    return { answer, delivery: fault?.delivery, date };
  }

  /** Does what a call asks for, if its caller may, or answers the error that a fault has in its place. */
  private async carryOut(
    call: WireCall, request: WireRequest, principal: Principal, requestId: string, seen: Omit<RecordedCall, 'status'>, refused?: AwsError,
  ): Promise<WireAnswer> {
    const { service } = request;
    try {
      if (refused) throw refused;
      const operation = Object.hasOwn(this.services[service], call.action) ? this.services[service][call.action] : undefined;
      if (!operation) throw unknownAction(call, service);
      const { params: played } = operation;
      const isPlayed = (name: string) => played === 'any' || played.includes(name) || service === 'ec2' && name === 'DryRun';
      const unplayed = Object.keys(call.params).filter(name => !isPlayed(name));
      if (unplayed.length) {
        throw new AwsError('ValidationException',
          `The local stand does not play ${unplayed.join(', ')} of ${call.action}; it plays ${[played].flat().join(', ')}.`);
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
      const output = await operation.run(call.params, request);
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
