import { cbor, dateToTag } from '@smithy/core/cbor';
import { AwsError } from '../aws-error';
import { WireCall, WireRequest } from './wire';

/** Smithy RPC v2 CBOR: `POST /service/{service}/operation/{operation}`. */
export function readCbor(request: WireRequest): WireCall {
  const answer = (status: number, output: object, requestId: string) => ({
    status,
    headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-requestid': requestId },
    body: cbor.serialize(cborValue(output)),
  });
  return {
    action: request.path.split('/operation/')[1] ?? '',
    params: request.body.length ? cbor.deserialize(request.body) : {},
    unknownAction: new AwsError('UnknownOperationException', '', 404),
    answer: (output, requestId) => answer(200, output, requestId),
    fail: (error, requestId) => answer(error.status, { __type: error.code, message: error.message }, requestId),
  };
}

/** CBOR has no value for "absent", and tags its time stamps. */
function cborValue(value: any): any {
  if (value instanceof Date) return dateToTag(value);
  if (Array.isArray(value)) return value.map(cborValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined).map(([key, item]) => [key, cborValue(item)]));
}
