import { hastyClock, transportFaults } from '@octo/testkit/transport-faults';
import { ours, stock } from './faulty.fixture.ts';

transportFaults('our agent, polling', () => ours(hastyClock), true);
transportFaults('a stock Tentacle, polling', () => stock(hastyClock), false);
