/** Parameters of a call: what the protocol carried, lists and structures decoded; query protocols carry strings only. */
export type Params = Record<string, any>;

/** Something that the caller of an operation must be allowed to do. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  /** Condition keys that the service puts into the request, e.g. `aws:ResourceTag/Team`. */
  readonly context?: Record<string, string>;
}

/** One action of a service's API. */
export interface Operation {
  /** The parameters that are played; a call with another one is refused, so that none is ignored in silence. */
  readonly params: string[];
  /** What it takes to call it, as the service authorization reference has it. */
  needs(params: Params): Permission[];
  run(params: Params): object | Promise<object>;
}

/** The actions of a service by name; an action that is not here is answered as unknown. */
export type Operations = Record<string, Operation>;

/** A number, a boolean and a list in whichever way the protocol of the call carries them. */
export const isTrue = (value: unknown): boolean => value === true || value === 'true';
export const listOf = (value: unknown): any[] => Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value];
