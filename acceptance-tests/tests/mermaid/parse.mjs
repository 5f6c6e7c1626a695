// Parses diagrams as GitHub does, with mermaid itself. Reads a JSON list of texts, writes the messages of those that do not parse.
// Node looks for both packages beside the folder that the first argument names.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.argv[2], 'package.json'));
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('');
globalThis.window = window;
globalThis.document = window.document;
const home = join(process.argv[2], 'node_modules', 'mermaid');
const { module, exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
const entry = exports?.['.']?.import ?? module;
const { default: mermaid } = await import(pathToFileURL(join(home, entry)));
const messages = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    const { diagramType } = await mermaid.parse(text);
    messages.push(diagramType);
  } catch (error) {
    messages.push(`Error: ${error.message}`);
  }
}
console.log(JSON.stringify(messages));
