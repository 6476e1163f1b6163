// Loaded with `node --require`: a SIGTERM arrives at the very beginning, with the first module that is not of
// libs/launch, while everything else is still to be loaded.
const Module = require('node:module');
const load = Module._load;
let sent = false;
Module._load = function (request, parent, isMain) {
  const isOurs = isMain || Module.isBuiltin(request) || /launch/.test(request);
  if (!sent && !isOurs) {
    sent = true;
    process.kill(process.pid, 'SIGTERM');
  }
  return load.call(this, request, parent, isMain);
};
