import * as amazon from './amazon';
import { DEBIAN_11, DEBIAN_12, DEBIAN_13, DEBIAN_13_ARM } from './debian';
import * as enterprise from './enterprise';
import { Image } from './image';
import { LEAP_15, LEAP_16, SLES_12, SLES_15, SLES_15_ARM, SLES_16 } from './suse';
import { UBUNTU_18_04, UBUNTU_20_04, UBUNTU_22_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04 } from './ubuntu';

export * from './amazon';
export { DEBIAN_11, DEBIAN_12, DEBIAN_13, DEBIAN_13_ARM } from './debian';
export * from './enterprise';
export * from './image';
export * from './suse';
export * from './ubuntu';

export const ALL_IMAGES: readonly Image[] = [
  ...Object.values(amazon),
  ...Object.values(enterprise),
  SLES_12, SLES_15, SLES_15_ARM, SLES_16, LEAP_15, LEAP_16,
  UBUNTU_18_04, UBUNTU_20_04, UBUNTU_22_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04,
  DEBIAN_11, DEBIAN_12, DEBIAN_13, DEBIAN_13_ARM,
];
