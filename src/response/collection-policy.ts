/** The environment variable by which the construct hands its policy to the handler, as JSON. */
export const COLLECTION_POLICY_VARIABLE = 'COLLECTION_POLICY';

/** What is collected, and how, rendered at synth. */
export interface CollectionPolicy {
  readonly bucket: string;
  /** Of the Command document that runs on the instance. */
  readonly documentName: string;
  /** The directory on the instance that dumps are written to. */
  readonly dumpPath: string;
  readonly contents: 'kernelLog' | 'kernelLogAndVmcore';
  /** Whether what S3 has confirmed is deleted on the instance. */
  readonly removeAfterUpload: boolean;
  /** The size of the parts of an upload. */
  readonly partMib: number;
  /** For how long anything more is begun. */
  readonly timeoutSeconds: number;
}
