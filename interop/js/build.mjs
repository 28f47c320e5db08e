// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// build.mjs WIT WORLD SOURCE OUTPUT: a component from JavaScript. Stands beside node_modules.
import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const [wit, worldName, source, output] = process.argv.slice(2);
const { component } = await componentize({
    witPath: resolve(wit),
    worldName,
    sourcePath: resolve(source),
    disableFeatures: ['http', 'fetch-event'],
});
await writeFile(output, component);
