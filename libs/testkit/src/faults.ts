// Networks that fail on purpose: a TCP forwarder that cuts, stalls, delays and corrupts, and an HTTP CONNECT proxy.
export { ConnectProxy, type ProxyMood, type ProxyRequest } from './faults/connect-proxy.ts';
export { type Direction, type Door, ForwardedConnection, Forwarder, type Rule } from './faults/forwarder.ts';
export { limited, LimitError } from './faults/limited.ts';
export { type Fault, type Where } from './faults/pump.ts';
