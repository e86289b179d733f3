import { describeBlocked } from './blocked';
import { describeLife } from './life';
import { UBUNTU_18_04, UBUNTU_20_04, UBUNTU_22_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04 } from '../images';

describeLife(UBUNTU_18_04, UBUNTU_20_04, UBUNTU_22_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04);
describeBlocked(UBUNTU_18_04, UBUNTU_20_04, UBUNTU_22_04, UBUNTU_24_04, UBUNTU_24_04_ARM, UBUNTU_26_04);
