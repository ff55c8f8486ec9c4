export { loadPlugins, type Carried, type LoadedPlugin, type Refused } from './discover.ts';
export { integrityOf } from './integrity.ts';
export { refuseForeignFolder, type Allowed, type Outside } from './trust.ts';
export { checkGraph } from './graph.ts';
export { Services } from './services.ts';
