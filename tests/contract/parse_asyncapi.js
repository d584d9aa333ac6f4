// SPDX-License-Identifier: Apache-2.0
// Reads an AsyncAPI document with the public parser; anything it says, hints too, is a fault.
const {Parser, fromFile} = require('@asyncapi/parser');

fromFile(new Parser(), process.argv[2]).parse().then(({document, diagnostics}) => {
  for (const said of diagnostics) {
    console.log(`${said.path.join('/')}: ${said.message} (${said.code})`);
  }
  process.exit(document && diagnostics.length === 0 ? 0 : 1);
});
