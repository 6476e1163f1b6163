import { describeShutdown } from './shutdown-scenarios';

describe('the shutdown of the embedded profile', () => describeShutdown('embedded'));
