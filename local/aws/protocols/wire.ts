import { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error';
import { Params } from '../operation';
import { readJson } from './aws-json';
import { readQuery } from './query';
import { readRest } from './rest-lambda';
import { readCbor } from './rpc-v2-cbor';

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The service that the caller signed for: `ec2`, `ssm`, `monitoring`, `lambda`. */
  readonly service: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** A call as read from the wire, with the way to answer it in the same protocol. */
export interface WireCall {
  readonly action: string;
  readonly params: Params;
  /** What the service answers to an action that it does not have. */
  readonly unknownAction: AwsError;
  answer(output: object, requestId: string): WireAnswer;
  fail(error: AwsError, requestId: string): WireAnswer;
}

/** Tells the protocol by the marks that the protocols' specifications give, and reads the call. */
export function readCall(request: WireRequest): WireCall {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return readCbor(request);
  if (request.headers['x-amz-target']) return readJson(request);
  if (request.service === 'lambda') return readRest(request);
  return readQuery(request);
}
