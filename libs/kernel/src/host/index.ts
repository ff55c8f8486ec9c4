export { loadPlugins, type Carried, type LoadedPlugin, type Refused } from './discover.ts';
export { checkGraph } from './graph.ts';
export { Services } from './services.ts';
