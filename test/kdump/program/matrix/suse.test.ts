import { describeBlocked } from './blocked';
import { describeKilled } from './killed';
import { describeLife } from './life';
import { SLES_12, SLES_15, SLES_15_ARM, SLES_16, LEAP_15, LEAP_16 } from '../images';

describeLife(SLES_12, SLES_15, SLES_15_ARM, SLES_16, LEAP_15, LEAP_16);
describeBlocked(SLES_12, SLES_15, SLES_15_ARM, SLES_16, LEAP_15, LEAP_16);
describeKilled(SLES_16);
