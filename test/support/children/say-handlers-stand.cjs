// Loaded with `node --require`: says a word with the first module that is not of libs/launch, when its handlers stand
// and everything else is still to be loaded.
const { writeSync } = require('node:fs');
const Module = require('node:module');
const load = Module._load;
let said = false;
Module._load = function (request, parent, isMain) {
  const isOurs = isMain || Module.isBuiltin(request) || /launch/.test(request);
  if (!said && !isOurs) {
    said = true;
    writeSync(1, 'the handlers stand\n');
  }
  return load.call(this, request, parent, isMain);
};
