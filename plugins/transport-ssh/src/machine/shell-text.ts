/** Text of sh as it stands; `@{` is what a template literal would take for its own. */
export function shell(text: TemplateStringsArray): string {
  return String.raw(text).trim().replaceAll('@{', '${');
}
