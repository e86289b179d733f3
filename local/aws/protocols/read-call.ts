import { readJson } from './aws-json';
import { readQuery } from './query';
import { readRest } from './rest-lambda';
import { readS3 } from './rest-s3';
import { readCbor } from './rpc-v2-cbor';
import { WireCall, WireRequest } from './wire';

/** Tells the protocol by the marks that the protocols' specifications give, and reads the call. */
export function readCall(request: WireRequest): WireCall {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return readCbor(request);
  if (request.headers['x-amz-target']) return readJson(request);
  if (request.service === 'lambda') return readRest(request);
  if (request.service === 's3') return readS3(request);
  return readQuery(request);
}
