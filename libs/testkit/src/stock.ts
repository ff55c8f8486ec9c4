// Stand-ins for the programs of Octopus: an agent and a server side that behave as the real ones were seen to do.
// A second implementation of the wire (halibut.md), made apart from the one of octo, so that the two check each other.
export { type TlsVersion } from './stock/acceptor.ts';
export { type ListeningOptions, type PollingOptions, StockAgent, workspaceOf } from './stock/agent.ts';
export { StockCallError, type StockClient, StockRemoteError } from './stock/calls.ts';
export { StockCaller } from './stock/caller.ts';
export { capabilitiesOf, newTicket, type RunOptions, runScript, type ScriptEnd } from './stock/run-script.ts';
export { type ScriptLine, type ScriptToRun, startParams } from './stock/run-script.ts';
export { type OpenerOptions } from './stock/opener.ts';
export { type PollingServerOptions, StockPollingServer, StockSubscription } from './stock/polling-server.ts';
export { legacyType, v2Type } from './stock/contract-names.ts';
export { guidText, randomGuid, StockStream, timeSpanMs, timeSpanText } from './stock/values.ts';
export { STOCK_LIMITS, type StockLimits } from './stock/wire.ts';
