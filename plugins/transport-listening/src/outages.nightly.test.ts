import { fastClock, transportOutages } from '@octo/testkit/transport-outages';
import { ours, stock } from './faulty.fixture.ts';

transportOutages('our agent, listening', () => ours(fastClock));
transportOutages('a stock Tentacle, listening', () => stock(fastClock), { noticesSilence: false }); // of this one connection: its answers may take a minute
