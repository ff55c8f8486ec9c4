import { type Command, value } from '../command.ts';
import { format } from '../format.ts';
import { VERSION } from '../version.ts';

export const version: Command = {
  name: 'version',
  about: 'Shows which version this is, and nothing else.',
  options: [value('format', 'text or json')],
  async run(values, io) {
    if (format(values) === 'text') return io.write(VERSION);
    const MajorMinorPatch = VERSION.split('-')[0];
    const parts = { InformationalVersion: VERSION, MajorMinorPatch, NuGetVersion: VERSION, SourceBranchName: 'main' };
    io.write(JSON.stringify({ ...parts, IsPrerelease: VERSION.includes('-') }, undefined, 2));
  },
};
