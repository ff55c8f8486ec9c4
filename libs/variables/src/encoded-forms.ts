/** Shorter base64 would hit ordinary words. */
const SHORTEST_BASE64 = 6;

/** How else a secret may come to stand in a log (R245): base64, URL, JSON, XML and shell forms that differ from it. */
export function encodedForms(secret: string): readonly string[] {
  const forms = [...base64Forms(secret), ...urlForms(secret), ...jsonForms(secret), ...xmlForms(secret)];
  forms.push(secret.replaceAll("'", `'\\''`)); // as `set -x` prints it
  return [...new Set(forms)].filter((form) => form !== secret);
}

/** The part of base64 that does not depend on what stands before and after, for each of the three alignments. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const isPartial = (before + bytes.length) % 3 !== 0;
    return text.slice(before === 0 ? 0 : before + 1, isPartial ? -1 : undefined);
  });
  const forUrls = forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...forms, ...forUrls].filter((form) => form.length >= SHORTEST_BASE64);
}

function urlForms(secret: string): readonly string[] {
  const usual = encodeURIComponent(secret.toWellFormed());
  const strict = usual.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const upper = [usual, strict, usual.replaceAll('%20', '+'), strict.replaceAll('%20', '+')];
  return [...upper, ...upper.map((form) => form.replaceAll(/%../g, (code) => code.toLowerCase()))];
}

/** As it is written usually, and where signs of HTML are escaped, too. */
function jsonForms(secret: string): readonly string[] {
  const usual = JSON.stringify(secret).slice(1, -1);
  const safe = usual.replaceAll(/[<>&'+]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  return [usual, usual.replaceAll('/', '\\/'), safe, safe.replaceAll(/\\u00../g, upperDigits)];
}
function upperDigits(code: string): string {
  return `\\u${code.slice(2).toUpperCase()}`;
}

function xmlForms(secret: string): readonly string[] {
  const text = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = text.replaceAll('"', '&quot;');
  return [text, quoted, quoted.replaceAll("'", '&apos;'), quoted.replaceAll("'", '&#39;')];
}
