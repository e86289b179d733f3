/** 17 hexadecimal digits, or 8 in old accounts (the pattern of `InstanceId` in the Systems Manager API Reference). */
export const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
