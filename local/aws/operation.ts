import { WireAnswer, WireRequest } from './protocols/wire';

/** Parameters of a call: what the protocol carried, lists and structures decoded; query protocols carry strings only. */
export type Params = Record<string, any>;

/** Something that the caller of an operation must be allowed to do. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  /** Condition keys that the service puts into the request, e.g. `aws:ResourceTag/Team`; some have several values. */
  readonly context?: Record<string, string | string[]>;
}

/** One action of a service's API. */
export interface Operation {
  /** The parameters that are played; a call with another one is refused, so that none is ignored in silence. 'any' leaves that to an emulator. */
  readonly params: string[] | 'any';
  /** What it takes to call it, as the service authorization reference has it. */
  needs(params: Params): Permission[];
  /** Answers the output, or the whole answer of somebody else, to whom it hands the request on, as a `ForwardedAnswer`. */
  run(params: Params, request?: WireRequest): object | Promise<object>;
}

/** The actions of a service by name; an action that is not here is answered as unknown. */
export type Operations = Record<string, Operation>;

/** An answer that somebody else gave, to be passed on byte for byte. */
export class ForwardedAnswer {
  constructor(readonly wire: WireAnswer, readonly output: object, readonly error?: string) {}
}

/** A number, a boolean and a list in whichever way the protocol of the call carries them. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true';
export const listOf = (value: unknown): any[] => Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value];
